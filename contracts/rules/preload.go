package rules

import (
	"io/fs"
	"iter"
	"maps"
	"runtime"
	"slices"
	"sync"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/reports/finding"
)

// preload opens the schemas of all contracts on all cores: that is most of
// the work of a check.
func (f *files) preload(set []*contracts.Contract) {
	var (
		cores   = make(chan struct{}, runtime.GOMAXPROCS(0))
		opening sync.WaitGroup
		mu      sync.Mutex
		seen    = map[schema.Declared]bool{}
	)
	for _, contract := range set {
		for u := range schemaUses(contract) {
			if seen[u.key] {
				continue
			}
			seen[u.key] = true
			cores <- struct{}{}
			opening.Go(func() {
				opened := f.open(u.key)
				mu.Lock()
				f.schemas[u.key] = opened
				mu.Unlock()
				<-cores
			})
		}
	}
	opening.Wait()
}

// schemaUse is a schema in a file, and where a contract names it.
type schemaUse struct {
	key schema.Declared
	at  func() *finding.Position
}

// schemaUses are the schemas of a contract that are files: those that it
// defines, and those that interactions name by themselves or of which they
// mean a certain message.
func schemaUses(contract *contracts.Contract) iter.Seq[schemaUse] {
	return func(yield func(schemaUse) bool) {
		use := func(ref contracts.SchemaRef, message func(*contracts.Schema) string, path ...any) bool {
			s := contract.SchemaOf(ref)
			if s == nil || s.File == "" || s.Format == "" {
				return true // the loader has said so
			}
			_, defined := contract.Schemas[ref.Ref]
			key := schema.DeclaredBy(contract, s, message(s))
			if defined && path[0] != "schemas" && key.Message == "" {
				return true
			}
			return yield(schemaUse{key, func() *finding.Position { return contract.Doc.Position(path...) }})
		}
		first := func(*contracts.Schema) string { return "" }
		for _, name := range slices.Sorted(maps.Keys(contract.Schemas)) {
			if !use(contracts.SchemaRef{Ref: name}, first, "schemas", name, "file") {
				return
			}
		}
		for i := range contract.Produces {
			p := &contract.Produces[i]
			if !use(p.Schema, func(s *contracts.Schema) string { return messageOf(p, s) }, "produces", i, "schema", "file") {
				return
			}
			if p.Key != nil && p.Key.Schema != nil && !use(*p.Key.Schema, first, "produces", i, "key", "schema", "file") {
				return
			}
		}
		for i := range contract.Consumes {
			if own := contract.Consumes[i].Schema; own != nil && !use(*own, first, "consumes", i, "schema", "file") {
				return
			}
		}
	}
}

// oneAtATime reads for several goroutines from a file system that need not
// allow that, such as the objects of a git repository. Openers of schemas use
// ReadFile and Stat alone.
type oneAtATime struct {
	mu   sync.Mutex
	fsys fs.FS
}

func (f *oneAtATime) Open(name string) (fs.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fsys.Open(name)
}

func (f *oneAtATime) ReadFile(name string) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return fs.ReadFile(f.fsys, name)
}

func (f *oneAtATime) Stat(name string) (fs.FileInfo, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return fs.Stat(f.fsys, name)
}

// Locate makes it a schema.Locator where the file system is one.
func (f *oneAtATime) Locate(p finding.Position) finding.Position {
	if l, ok := f.fsys.(schema.Locator); ok {
		return l.Locate(p)
	}
	return p
}

// Key makes it a schema.Keyed where the file system is one.
func (f *oneAtATime) Key(c *contracts.Contract, p *contracts.Produces) *finding.Position {
	if k, ok := f.fsys.(schema.Keyed); ok {
		return k.Key(c, p)
	}
	return nil
}

// Examples makes it a schema.Exemplifier where the file system is one.
func (f *oneAtATime) Examples(c *contracts.Contract) []schema.Exemplar {
	if e, ok := f.fsys.(schema.Exemplifier); ok {
		return e.Examples(c)
	}
	return nil
}
