package deployment

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/finding"
)

// Version is the value of the field "weir" of a record.
const Version = "deployment/v1"

// Record is what is live of one service in one environment.
type Record struct {
	Weir    string `yaml:"weir"`
	Service string `yaml:"service"`
	// Live are the live versions, the one that was recorded last first.
	Live []Live `yaml:"live"`

	// Doc gives the position of every field, for findings.
	Doc *document.Document `yaml:"-"`
}

// Live is a live version.
type Live struct {
	Version string `yaml:"version"`
	// At is when it was recorded, in UTC to the second; RFC 3339 in the file.
	At time.Time `yaml:"-"`
	// Contract is the path of the contract in its repository; empty for a
	// service without one.
	Contract string `yaml:"contract"`
	// Commit is the id of the commit that has it. With a copy it is there for
	// people only, and may be missing.
	Commit string `yaml:"commit"`
	// Embedded is the hash of the copy beside the record, as 64 hexadecimal
	// digits; empty without one.
	Embedded string `yaml:"embedded"`
}

// UnmarshalNode reads a map, and the time as text.
func (l *Live) UnmarshalNode(d *document.Decoder, n *document.Node) {
	file := struct {
		Version  string    `yaml:"version"`
		At       timestamp `yaml:"at"`
		Contract string    `yaml:"contract"`
		Commit   string    `yaml:"commit"`
		Embedded string    `yaml:"embedded"`
	}{}
	d.Decode(n, &file)
	*l = Live{file.Version, time.Time(file.At), file.Contract, file.Commit, file.Embedded}
}

// timestamp is a time in RFC 3339.
type timestamp time.Time

// UnmarshalText implements encoding.TextUnmarshaler.
func (t *timestamp) UnmarshalText(text []byte) error {
	at, err := time.Parse(time.RFC3339, string(text))
	// RFC 3339 has years of four digits; before 1970 nobody deployed.
	if year := at.UTC().Year(); err != nil || year < 1970 || year > 9999 {
		return &document.HintError{Message: fmt.Sprintf("%q is no time", text), Hint: "write it as 2026-11-26T10:46:17Z"}
	}
	*t = timestamp(at.UTC())
	return nil
}

var (
	nameForm   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
	commitForm = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)
	digestForm = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// parseRecord reads a record, strictly.
func parseRecord(file string, src []byte) (*Record, []finding.Finding) {
	r := &Record{}
	doc, findings := document.Decode(file, src, r)
	r.Doc = doc
	check := document.NewChecker(doc)
	if r.Weir != "" && r.Weir != Version {
		check.Error(BadVersion, document.Path{"weir"}, fmt.Sprintf("%q is no version of a record; this one is %q", r.Weir, Version),
			document.Suggest(r.Weir, []string{Version}))
		return r, check.Findings()
	}
	if r.Weir == "" {
		check.Missing(nil, "weir", "the first line of a record is: weir: "+Version)
	}
	switch {
	case r.Service == "":
		check.Missing(nil, "service", "")
	case !nameForm.MatchString(r.Service):
		check.Error(BadRecord, document.Path{"service"}, fmt.Sprintf("%q is no name of a service", r.Service), "")
	}
	if len(r.Live) == 0 {
		check.Missing(nil, "live", "a service that is not deployed has no record: remove the file")
	}
	for i, l := range r.Live {
		l.check(check, document.Path{"live", i})
		for j := range i {
			if l.Version != "" && r.Live[j].Version == l.Version {
				check.Error(BadRecord, document.Path{"live", i, "version"}, fmt.Sprintf("version %s is there twice", l.Version), "keep one of them")
			}
		}
	}
	findings = append(findings, check.Findings()...)
	finding.Sort(findings)
	return r, findings
}

func (l Live) check(c *document.Checker, at document.Path) {
	if l.Version == "" {
		c.Missing(at, "version", "")
	} else if problem := versionProblem(l.Version); problem != "" {
		c.Error(BadRecord, at.Add("version"), fmt.Sprintf("the version %q %s", l.Version, problem), "")
	}
	if l.At.IsZero() {
		c.Missing(at, "at", "when it was deployed, such as 2026-11-26T10:46:17Z")
	}
	if l.Commit != "" && !commitForm.MatchString(l.Commit) {
		c.Error(BadRecord, at.Add("commit"), fmt.Sprintf("%q is no full id of a commit", l.Commit), "git rev-parse prints it")
	}
	if l.Embedded != "" && !digestForm.MatchString(l.Embedded) {
		c.Error(BadRecord, at.Add("embedded"), fmt.Sprintf("%q is no SHA-256 of 64 hexadecimal digits", l.Embedded), "record the deployment again")
	}
	switch {
	case l.Contract == "" && l.Commit+l.Embedded != "":
		c.Missing(at, "contract", "the contract's path in its repository")
	case l.Contract == "":
	case !fs.ValidPath(l.Contract) || l.Contract != path.Clean(l.Contract):
		c.Error(BadRecord, at.Add("contract"), fmt.Sprintf("%q is no path within a repository", l.Contract), "write it from the root of the repository, with slashes")
	case l.Commit+l.Embedded == "":
		c.Missing(at, "commit", "the commit that has the contract")
	}
}

// format is the content of the record's file. All text is quoted, so that no
// YAML reader takes a version for a number.
func (r *Record) format() string {
	var out strings.Builder
	fmt.Fprintf(&out, "# Written by weir record-deploy.\nweir: %s\nservice: %s\nlive:\n", Version, quote(r.Service))
	for _, l := range r.Live {
		fmt.Fprintf(&out, "  - version: %s\n    at: %s\n", quote(l.Version), l.At.UTC().Format(time.RFC3339))
		for _, field := range []struct{ name, value string }{{"contract", l.Contract}, {"commit", l.Commit}, {"embedded", l.Embedded}} {
			if field.value != "" {
				fmt.Fprintf(&out, "    %s: %s\n", field.name, quote(field.value))
			}
		}
	}
	return out.String()
}

// quote writes text as JSON does, which YAML reads.
func quote(text string) string {
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(text) // a string always can be
	return strings.TrimSuffix(out.String(), "\n")
}
