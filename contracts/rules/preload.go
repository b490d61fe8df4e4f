package rules

import (
	"io/fs"
	"iter"
	"maps"
	"runtime"
	"slices"
	"sync"

	"github.com/flowweir/weir/contracts"
)

// preload opens the schemas of all contracts on all cores: that is most of
// the work of a check.
func (f *files) preload(set []*contracts.Contract) {
	var (
		fsys    = &oneAtATime{fsys: f.fsys}
		cores   = make(chan struct{}, runtime.GOMAXPROCS(0))
		opening sync.WaitGroup
		mu      sync.Mutex
		seen    = map[string]bool{}
	)
	for _, contract := range set {
		for s := range schemasOf(contract) {
			file := contract.Resolve(s.File)
			if seen[file] {
				continue
			}
			seen[file] = true
			cores <- struct{}{}
			opening.Go(func() {
				opened := openSchema(fsys, file, s.Format)
				mu.Lock()
				f.schemas[file] = opened
				mu.Unlock()
				<-cores
			})
		}
	}
	opening.Wait()
}

// schemasOf are the schemas of a contract that are files, in the order in
// which they are reported.
func schemasOf(contract *contracts.Contract) iter.Seq[*contracts.Schema] {
	return func(yield func(*contracts.Schema) bool) {
		refs := make([]contracts.SchemaRef, 0, len(contract.Schemas)+len(contract.Produces))
		for _, name := range slices.Sorted(maps.Keys(contract.Schemas)) {
			refs = append(refs, contracts.SchemaRef{Ref: name})
		}
		for i := range contract.Produces {
			refs = append(refs, contract.Produces[i].Schema)
		}
		for i := range contract.Consumes {
			if own := contract.Consumes[i].Schema; own != nil {
				refs = append(refs, *own)
			}
		}
		for _, ref := range refs {
			if s := contract.SchemaOf(ref); s != nil && s.File != "" && s.Format != "" && !yield(s) {
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
