package deployment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/internal/bundle"
	"github.com/flowweir/weir/contracts/internal/git"
	"github.com/flowweir/weir/contracts/source"
	"github.com/flowweir/weir/reports/finding"
)

// Tags is a store of git tags in the repository that dir is in, named
// PREFIX/ENVIRONMENT/SERVICE/VERSION. What [Store.Record] makes are annotated
// tags whose message is the record. Tags that a pipeline makes by itself count
// too: the contract is then the one in the tag's commit that is of the service.
// Where all tags of a service have neither a record nor a contract, they are
// passed over, with the warning [ForeignTag]. A service without a contract has
// a tag of HEAD with its record. Of the tags of a service the one that was made
// last is live; git keeps seconds, and where the last were made in the same
// second all of them are. A tag without annotation is as old as its commit.
func Tags(dir, prefix string) *Store { return &Store{tags{dir, prefix}} }

type tags struct{ dir, prefix string }

func (t tags) repository() string { return t.dir }

func (t tags) embedded(string, string, string) (bundle.Bundle, error) {
	return nil, errors.New("a tag has no files beside its commit")
}

func (t tags) owns(tag string) bool { return strings.HasPrefix(tag, t.prefix+"/") }

func (t tags) check(d Deployment) error {
	if d.Embed {
		return refuse("leave out --embed; the tag's commit has the contract", "a tag has no place for a copy")
	}
	return nil
}

// tag is a tag of the convention.
type tag struct {
	name, environment, service, version string
	made                                int64 // seconds since 1970
	commit                              string
}

// list reads the tags below a part of the convention, in the order of names.
func (t tags) list(ctx context.Context, below ...string) ([]tag, error) {
	const format = "%(refname)%00%(creatordate:unix)%00%(objectname)%00%(*objectname)"
	out, err := git.Run(ctx, t.dir, "for-each-ref", "--format="+format, "refs/tags/"+strings.Join(append([]string{t.prefix}, below...), "/"))
	if err != nil {
		return nil, err
	}
	var all []tag
	for line := range strings.Lines(out) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\x00")
		if len(fields) != 4 {
			return nil, fmt.Errorf("git for-each-ref printed %q", line)
		}
		name := strings.TrimPrefix(fields[0], "refs/tags/")
		parts := strings.SplitN(strings.TrimPrefix(name, t.prefix+"/"), "/", 3)
		if len(parts) < 3 || !nameForm.MatchString(parts[0]) || !nameForm.MatchString(parts[1]) {
			continue // one of another convention under the same prefix
		}
		made, err := strconv.ParseInt(fields[1], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("git gives the tag %s no date", name)
		}
		commit := fields[3]
		if commit == "" {
			commit = fields[2]
		}
		all = append(all, tag{name, parts[0], parts[1], unescape(parts[2]), made, commit})
	}
	return all, nil
}

func (t tags) environments(ctx context.Context) ([]string, error) {
	all, err := t.list(ctx)
	names := map[string]bool{}
	for _, tag := range all {
		names[tag.environment] = true
	}
	return slices.Sorted(maps.Keys(names)), err
}

func (t tags) all(ctx context.Context, environment string) ([]stored, []finding.Finding, error) {
	if !nameForm.MatchString(environment) {
		return nil, nil, nil
	}
	all, err := t.list(ctx, environment)
	if err != nil {
		return nil, nil, err
	}
	services := map[string][]tag{}
	for _, tag := range all {
		services[tag.service] = append(services[tag.service], tag)
	}
	var (
		records  []stored
		findings []finding.Finding
	)
	for _, service := range slices.Sorted(maps.Keys(services)) {
		r, found, err := t.record(ctx, services[service])
		if err != nil {
			return nil, nil, err
		}
		findings = append(findings, found...)
		if len(found) == 0 {
			records = append(records, *r)
		}
	}
	return records, findings, nil
}

func (t tags) one(ctx context.Context, environment, service string) (*Record, []finding.Finding, error) {
	all, err := t.list(ctx, environment, service)
	if err != nil || len(all) == 0 {
		return nil, nil, err
	}
	r, findings, err := t.record(ctx, all)
	if r == nil {
		return nil, findings, err
	}
	return r.Record, findings, err
}

// latest are the tags that were made last: one, or all of the same second.
func latest(all []tag) []tag {
	newest := slices.MaxFunc(all, func(a, b tag) int { return int(a.made - b.made) }).made
	return slices.DeleteFunc(slices.Clone(all), func(t tag) bool { return t.made != newest })
}

// record is what the tags of one service in one environment say.
func (t tags) record(ctx context.Context, all []tag) (*stored, []finding.Finding, error) {
	live := latest(all)
	r := &stored{Record: &Record{Service: live[0].service}, file: live[0].name}
	for _, tag := range live {
		one, findings, err := t.read(ctx, tag)
		if err == nil && one == nil && len(findings) == 0 {
			findings, err = t.foreign(ctx, tag, all)
		}
		if err != nil || len(findings) > 0 {
			return nil, findings, err
		}
		if len(live) == 1 {
			return &stored{Record: one, file: tag.name}, nil, nil
		}
		for _, l := range one.Live {
			if !slices.ContainsFunc(r.Live, func(known Live) bool { return known.Version == l.Version }) {
				r.Live = append(r.Live, l)
			}
		}
	}
	return r, nil, nil
}

// read reads the record of a tag, from its message or from what it points to;
// nil where neither has one.
func (t tags) read(ctx context.Context, tag tag) (*Record, []finding.Finding, error) {
	message, err := git.Run(ctx, t.dir, "for-each-ref", "--format=%(objecttype) %(contents)", "refs/tags/"+tag.name)
	if err != nil {
		return nil, nil, err
	}
	kind, message, _ := strings.Cut(message, " ")
	message, _, _ = strings.Cut(message, "\n-----BEGIN ") // a signature
	if kind != "tag" || !strings.Contains("\n"+message, "\nweir: ") {
		return t.found(ctx, tag)
	}
	r, findings := parseRecord(tag.name, []byte(message))
	if len(findings) > 0 {
		return nil, findings, nil
	}
	mistake := func(at document.Path, message string) (*Record, []finding.Finding, error) {
		return nil, []finding.Finding{{
			ID: ServiceMistake, Severity: finding.Error, Message: message, Hint: "record the deployment again", Position: r.Doc.Position(at...),
		}}, nil
	}
	switch first := r.Live[0]; {
	case r.Service != tag.service:
		return mistake(document.Path{"service"}, fmt.Sprintf("the record is one of %s, and its tag is named for %s", r.Service, tag.service))
	case first.Version != tag.version:
		return mistake(document.Path{"live", 0, "version"}, fmt.Sprintf("the record is one of version %s, and its tag is named for %s", first.Version, tag.version))
	case first.Contract != "" && first.Commit != tag.commit:
		return mistake(document.Path{"live", 0, "commit"}, "the record is one of another commit than the tag points to")
	}
	return r, nil, nil
}

// foreign is what is found where a live tag has neither a record nor a
// contract: a warning that it is passed over, where no tag of the service in
// the environment has one either, as of a tag that others made for themselves.
func (t tags) foreign(ctx context.Context, live tag, all []tag) ([]finding.Finding, error) {
	for _, other := range all {
		if r, findings, err := t.read(ctx, other); err != nil || r != nil || len(findings) > 0 {
			return noContract(live, "the commit of the tag has no contract of %s", live.service), err
		}
	}
	return []finding.Finding{{
		ID: ForeignTag, Severity: finding.Warning, Position: &finding.Position{File: live.name},
		Message: fmt.Sprintf("the tag is passed over: it has no record, and its commit has no contract of %s", live.service),
		Hint:    "if " + live.service + " is live there, record it with weir record-deploy, without a contract with --uncontracted; else give the tag another name",
	}}, nil
}

func noContract(t tag, format string, args ...any) []finding.Finding {
	return []finding.Finding{{
		ID: NoContract, Severity: finding.Error, Message: fmt.Sprintf(format, args...), Position: &finding.Position{File: t.name},
		Hint: "make the tag with weir record-deploy --contract, which records the path",
	}}
}

// found is the record of a tag without one: the contract of the service is
// looked for in the tag's commit. It is nil where that has none.
func (t tags) found(ctx context.Context, tag tag) (*Record, []finding.Finding, error) {
	at, err := locate(ctx, t.dir)
	if err != nil {
		return nil, nil, err
	}
	tree, err := source.Git(ctx, at.root, tag.commit)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = tree.Close() }()
	set, _ := contracts.LoadDir(tree, ".") // what is wrong with others is not asked here
	var paths []string
	for _, c := range set {
		if c.Service.Name == tag.service {
			paths = append(paths, c.Doc.File())
		}
	}
	switch {
	case len(paths) == 0:
		return nil, nil, nil
	case len(paths) > 1:
		return nil, noContract(tag, "the commit of the tag has several contracts of %s: %s", tag.service, strings.Join(paths, ", ")), nil
	}
	return &Record{Service: tag.service, Live: []Live{{
		Version: tag.version, At: time.Unix(tag.made, 0).UTC(), Contract: paths[0], Commit: tag.commit,
	}}}, nil, nil
}

// write makes the tag of the first live version, later than all others of the
// service. A version that is deployed again gets its tag anew.
func (t tags) write(ctx context.Context, environment string, r *Record, _ bundle.Bundle) (string, error) {
	all, err := t.list(ctx, environment, r.Service)
	if err != nil {
		return "", err
	}
	made := max(r.Live[0].At.Unix(), 0)
	for _, tag := range all {
		made = max(made, tag.made+1)
	}
	first := r.Live[0]
	points := cmp.Or(first.Commit, "HEAD") // a service without a contract has no commit
	name := strings.Join([]string{t.prefix, environment, r.Service, escape(first.Version)}, "/")
	env := []string{fmt.Sprintf("GIT_COMMITTER_DATE=%d +0000", made)}
	_, err = git.Command{Dir: t.dir, Stdin: r.format(), Env: env}.Run(ctx,
		"tag", "--annotate", "--force", "--cleanup=verbatim", "--file=-", name, points)
	return name, err
}

// plain are the characters that stand for themselves in the last part of a
// tag's name.
const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-"

// escape writes a version as the last part of a tag's name, where git refuses
// some characters: all but the plain ones, and dots between those, as %XX.
func escape(version string) string {
	var out strings.Builder
	for i := range len(version) {
		c := version[i]
		dot := c == '.' && i > 0 && i < len(version)-1 && version[i-1] != '.' && !strings.HasPrefix(version[i:], ".lock")
		if dot || strings.IndexByte(plain, c) >= 0 && (i > 0 || c != '-') {
			out.WriteByte(c)
		} else {
			fmt.Fprintf(&out, "%%%02X", c)
		}
	}
	return out.String()
}

// unescape is the version in a tag's name; what was not written by escape
// stands for itself.
func unescape(name string) string {
	var out strings.Builder
	for i := 0; i < len(name); i++ {
		if name[i] == '%' && i+2 < len(name) {
			if c, err := strconv.ParseUint(name[i+1:i+3], 16, 8); err == nil {
				out.WriteByte(byte(c))
				i += 2
				continue
			}
		}
		out.WriteByte(name[i])
	}
	return out.String()
}
