package live

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/contracts/versions"
	"github.com/flowweir/weir/contracts/wire"
	"github.com/flowweir/weir/reports/finding"
)

// Registration is what a record's schema id says, held against the registry.
type Registration struct {
	// Findings are what is wrong; the first makes those after it moot, but for
	// SelfRegistered and Incompatible, which stand beside each other.
	Findings []finding.Finding
	// Version is that of the subject whose id the record carries, 0 for none,
	// and Earlier how many versions the subject has before it.
	Version, Earlier int
}

// Registration holds the id of the schema that a record carries against the
// registry and the contract. It errs where that cannot be known, for want of a
// registry or of an answer of it.
func (r *Record) Registration() (Registration, error) {
	if f, ok := r.Unframed(); ok {
		return Registration{Findings: []finding.Finding{f}}, nil
	}
	v, ok, err := r.flow.versionWith(r.form.subject, r.Schema)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Registration{Findings: []finding.Finding{r.wrongID(MissingSubject, "it carries %s, and %v", r.Schema, err)}}, nil
	case err != nil:
		return Registration{}, err
	case !ok:
		found, err := r.foreign()
		return Registration{Findings: []finding.Finding{found}}, err
	}
	all, err := r.flow.known(r.form.subject)
	if err != nil {
		return Registration{}, err
	}
	out := Registration{Version: v.Version}
	for _, s := range all {
		if s.Version < v.Version {
			out.Earlier++
		}
	}
	if wrong := r.otherwise(v); wrong != nil {
		out.Findings = append(out.Findings, *wrong)
		return out, nil
	}
	err = r.registeredSince(&out, v)
	if err == nil {
		err = r.follows(&out, v, all)
	}
	return out, err
}

// Unframed is what is wrong with how the record carries an id; false for
// nothing.
func (r *Record) Unframed() (finding.Finding, bool) {
	if r.unframed == nil {
		return finding.Finding{}, false
	}
	return r.wrongID(BrokenFraming, "the value is not framed as %s: %v", r.form.framing.Kind, r.unframed), true
}

// known are the versions of a subject as they were seen last.
func (f *Flow) known(subject string) ([]registry.Schema, error) {
	f.subjects.mu.Lock()
	all, ok := f.subjects.versions[subject]
	f.subjects.mu.Unlock()
	if ok {
		return all, nil
	}
	return f.versionsOf(subject)
}

func (r *Record) wrongID(id, format string, args ...any) finding.Finding {
	return broken(r, id, r.contract.Doc.Position("produces", r.index(), "schema"), format, args...)
}

// foreign is the finding about an id that the subject does not have.
func (r *Record) foreign() (finding.Finding, error) {
	there, err := r.flow.has(r.Schema)
	if err != nil {
		return finding.Finding{}, err
	}
	if !there {
		return r.wrongID(UnknownID, "it carries %s, and the registry has no schema of this id", r.Schema), nil
	}
	known, err := r.flow.known(r.form.subject)
	return r.wrongID(ForeignID, "it carries %s, which is none of the subject %s: %s", r.Schema, r.form.subject, listed(known)), err
}

// otherwise is the finding about a version or a message that is not the
// contract's.
func (r *Record) otherwise(v registry.Schema) *finding.Finding {
	declared := r.contract.SchemaOf(r.produces.Schema)
	if declared.Registry != nil {
		if named, err := registry.ParseVersion(declared.Registry.Version); err == nil && named != registry.Latest && named != v.Version {
			f := r.wrongID(ForeignID, "it carries %s, version %d of %s, and the contract names version %d", r.Schema, v.Version, r.form.subject, named)
			return &f
		}
	}
	if !r.form.framing.Protobuf || r.written == nil {
		return nil
	}
	name, path := r.written.Message()
	if want, err := wire.NewPath(path...); err != nil || want == r.Schema.Message {
		return nil
	}
	f := r.wrongID(ForeignID, "it carries the message %s of its schema, and %s is %s", r.Schema.Message, name, fmt.Sprint(path))
	return &f
}

// refuses says whether a contract refuses that a service registers versions.
func refuses(s *contracts.Schema) bool {
	return s.Registry != nil && s.Registry.AutoRegister != nil && !*s.Registry.AutoRegister
}

func (r *Record) registeredSince(out *Registration, v registry.Schema) error {
	if !refuses(r.contract.SchemaOf(r.produces.Schema)) {
		return nil
	}
	since, err := r.flow.since(r.form.subject, []registry.Schema{v})
	if len(since) > 0 {
		out.Findings = append(out.Findings, r.wrongID(SelfRegistered,
			"it carries %s, version %d of %s, which was registered since the service was started, and the contract refuses auto-register", r.Schema, v.Version, r.form.subject))
	}
	return err
}

// follows judges that a version may follow those before it, under the mode of
// the contract.
func (r *Record) follows(out *Registration, v registry.Schema, all []registry.Schema) error {
	if out.Earlier == 0 {
		return nil
	}
	why, err := r.breaks(v, all)
	if why != "" {
		out.Findings = append(out.Findings, r.wrongID(Incompatible, "version %d of %s, whose %s it carries, may not follow %s", v.Version, r.form.subject, r.Schema, why))
	}
	return err
}

// compared is a version that was compared with those before it, as the schema
// of an event. Neither changes, so once is enough for all its records.
type compared struct {
	produces *contracts.Produces
	version  int
}

// breaks says which earlier version another one may not follow, and why; ""
// where it may follow all.
func (r *Record) breaks(v registry.Schema, all []registry.Schema) (string, error) {
	key := compared{r.produces, v.Version}
	if known, ok := r.flow.breaks.Load(key); ok {
		return known.(string), nil
	}
	mode, err := compat.ParseMode(r.produces.CompatibilityMode())
	if err != nil {
		return "", nil // the loader has said so
	}
	load := func(s registry.Schema) (versions.Version, error) {
		declared := contracts.Schema{Registry: &contracts.Registry{Subject: r.form.subject}}
		loaded, err := r.flow.loader.Current(r.contract, at(&declared, s.Version), messageOf(r.produces))
		return versions.Version{Name: fmt.Sprintf("version %d", s.Version), Schema: loaded}, err
	}
	latest, err := load(v)
	if err != nil {
		return "", err
	}
	var olds []versions.Version
	for _, s := range all[:slices.IndexFunc(all, func(s registry.Schema) bool { return s.Version == v.Version })] {
		old, err := load(s)
		if err != nil {
			return "", err
		}
		olds = append(olds, old)
	}
	why := ""
	outcome := compat.Check(mode, olds, latest, func(w, r *schema.Schema) compat.Comparison { return schema.Compare(w, r, schema.Dialect{}) })
	if i := slices.IndexFunc(outcome.Problems, func(p compat.Directed) bool { return p.Verdict != compat.Forgiven }); i >= 0 {
		p := outcome.Problems[i]
		why = fmt.Sprintf("%s under compatibility %s: %s (%s)", p.Old(), mode, p.Message, p.Rule)
	}
	r.flow.breaks.Store(key, why)
	return why, nil
}
