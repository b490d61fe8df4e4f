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

// Registration holds the id of the schema that a record's value or key carries
// against the registry and the contract. It errs where that cannot be known,
// for want of a registry or of an answer of it.
func (r *Record) Registration(part registry.Part) (Registration, error) {
	if f, ok := r.Unframed(part); ok {
		return Registration{Findings: []finding.Finding{f}}, nil
	}
	h := r.half(part)
	v, ok, err := r.flow.serdes.WithID(h.form.Subject, h.id)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Registration{Findings: []finding.Finding{r.ofSchema(h, MissingSubject, "%s, and %v", h.carries(), err)}}, nil
	case err != nil:
		return Registration{}, err
	case !ok:
		found, err := r.foreign(h)
		return Registration{Findings: []finding.Finding{found}}, err
	}
	all, err := r.flow.serdes.Known(h.form.Subject)
	if err != nil {
		return Registration{}, err
	}
	out := Registration{Version: v.Version}
	for _, s := range all {
		if s.Version < v.Version {
			out.Earlier++
		}
	}
	if wrong := r.otherwise(h, v); wrong != nil {
		out.Findings = append(out.Findings, *wrong)
		return out, nil
	}
	err = r.registeredSince(h, &out, v)
	if err == nil {
		err = r.follows(h, &out, v, all)
	}
	return out, err
}

// Unframed is what is wrong with how the record's value or key carries an id;
// false for nothing.
func (r *Record) Unframed(part registry.Part) (finding.Finding, bool) {
	h := r.half(part)
	if h.unframed == nil {
		return finding.Finding{}, false
	}
	return r.ofSchema(h, BrokenFraming, "the %s is not framed as %s: %v", part, h.form.Framing.Kind, h.unframed), true
}

func (r *Record) half(part registry.Part) *half {
	if part == registry.Key {
		return &r.key
	}
	return &r.value
}

// who is what carries the id: the record, or its key.
func (h *half) who() string {
	if h.form.Part == registry.Key {
		return "its key"
	}
	return "it"
}

// carries says which id that is.
func (h *half) carries() string { return h.who() + " carries " + h.id.String() }

// ofSchema is a finding of the schema of a value or a key, where the contract
// names it.
func (r *Record) ofSchema(h *half, id, format string, args ...any) finding.Finding {
	return broken(r, FindingID(h.form.Part, id), r.schemaAt(h), format, args...)
}

// schemaAt is where the contract names the schema.
func (r *Record) schemaAt(h *half) *finding.Position {
	if h.form.Part == registry.Key {
		return r.contract.Doc.Position("produces", r.index(), "key", "schema")
	}
	return r.contract.Doc.Position("produces", r.index(), "schema")
}

// foreign is the finding about an id that the subject does not have.
func (r *Record) foreign(h *half) (finding.Finding, error) {
	there, err := r.flow.has(h.id)
	if err != nil {
		return finding.Finding{}, err
	}
	if !there {
		return r.ofSchema(h, UnknownID, "%s, and the registry has no schema of this id", h.carries()), nil
	}
	known, err := r.flow.serdes.Known(h.form.Subject)
	return r.ofSchema(h, ForeignID, "%s, which is none of the subject %s: %s", h.carries(), h.form.Subject, listed(known)), err
}

// otherwise is the finding about a version or a message that is not the
// contract's.
func (r *Record) otherwise(h *half, v registry.Schema) *finding.Finding {
	if named := h.form.Declared.Registry; named != nil {
		if version, err := registry.ParseVersion(named.Version); err == nil && version != registry.Latest && version != v.Version {
			f := r.ofSchema(h, ForeignID, "%s, version %d of %s, and the contract names version %d", h.carries(), v.Version, h.form.Subject, version)
			return &f
		}
	}
	if !h.form.Framing.Protobuf || h.written == nil {
		return nil
	}
	name, path := h.written.Message()
	if want, err := wire.NewPath(path...); err != nil || want == h.id.Message {
		return nil
	}
	f := r.ofSchema(h, ForeignID, "%s carries the message %s of its schema, and %s is %s", h.who(), h.id.Message, name, fmt.Sprint(path))
	return &f
}

// refuses says whether a contract refuses that a service registers versions.
func refuses(s *contracts.Schema) bool {
	return s.Registry != nil && s.Registry.AutoRegister != nil && !*s.Registry.AutoRegister
}

func (r *Record) registeredSince(h *half, out *Registration, v registry.Schema) error {
	if !refuses(h.form.Declared) {
		return nil
	}
	since, err := r.flow.since(h.form.Subject, []registry.Schema{v})
	if len(since) > 0 {
		out.Findings = append(out.Findings, r.ofSchema(h, SelfRegistered,
			"%s, version %d of %s, which was registered since the service was started, and the contract refuses auto-register", h.carries(), v.Version, h.form.Subject))
	}
	return err
}

// follows judges that a version may follow those before it, under the mode of
// the contract.
func (r *Record) follows(h *half, out *Registration, v registry.Schema, all []registry.Schema) error {
	if out.Earlier == 0 {
		return nil
	}
	why, err := r.breaks(h, v, all)
	if why != "" {
		out.Findings = append(out.Findings, r.ofSchema(h, Incompatible, "version %d of %s, whose %s %s carries, may not follow %s", v.Version, h.form.Subject, h.id, h.who(), why))
	}
	return err
}

// compared is a version that was compared with those before it, as the schema
// of an event's values or keys. Neither changes, so once is enough for all its
// records.
type compared struct {
	produces *contracts.Produces
	part     registry.Part
	version  int
}

// breaks says which earlier version another one may not follow, and why; ""
// where it may follow all.
func (r *Record) breaks(h *half, v registry.Schema, all []registry.Schema) (string, error) {
	key := compared{r.produces, h.form.Part, v.Version}
	if known, ok := r.flow.breaks.Load(key); ok {
		return known.(string), nil
	}
	mode, err := compat.ParseMode(r.produces.CompatibilityMode())
	if err != nil {
		return "", nil // the loader has said so
	}
	load := func(s registry.Schema) (versions.Version, error) {
		loaded, err := r.flow.serdes.Load(r.contract, h.form, s.Version)
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
	outcome := schema.Check(mode, olds, latest, schema.Dialect{})
	if i := slices.IndexFunc(outcome.Problems, func(p compat.Directed) bool { return p.Verdict != compat.Forgiven }); i >= 0 {
		p := outcome.Problems[i]
		why = fmt.Sprintf("%s under compatibility %s: %s (%s)", p.Old(), mode, p.Message, p.Rule)
	}
	r.flow.breaks.Store(key, why)
	return why, nil
}
