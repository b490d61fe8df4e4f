package deployment

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flowweir/weir/contracts/internal/fixture"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/contracts/source"
	"github.com/flowweir/weir/reports/finding"
)

const repositoryFiles = `
-- services/order/weir.yaml --
weir: contract/v1
service: {name: order-service}
produces:
  - {event: com.acme.OrderPlaced, topic: order.events, schema: ../../schemas/order.json}
-- schemas/order.json --
{"type": "object", "properties": {"order_id": {"$ref": "id.json"}}, "required": ["order_id"]}
-- schemas/id.json --
{"type": "string"}
-- services/mail/weir.yaml --
weir: contract/v1
service: {name: mail}
consumes:
  - {event: com.acme.OrderPlaced, topic: order.events, group: mail, needs: {$.order_id: string}}
`

var at = time.Date(2026, 11, 26, 10, 46, 17, 5, time.UTC)

// enter makes a repository of the files, with the same commit ids everywhere,
// and enters it.
func enter(t *testing.T) {
	t.Helper()
	fixture.GitEnvironment(t)
	t.Chdir(t.TempDir())
	fixture.Commit(t, ".", repositoryFiles)
}

func order(version string) Deployment {
	return Deployment{Service: "order-service", Version: version, At: at, Contract: "services/order/weir.yaml"}
}

// record records, and answers what is live then and where, or the error.
func record(t *testing.T, s *Store, d Deployment) string {
	t.Helper()
	return describe(s.Record(t.Context(), "prod", d))
}

func describe(r *Recorded, err error) string {
	invalid := (*InputError)(nil)
	switch {
	case errors.As(err, &invalid):
		text := invalid.Message
		if invalid.Hint != "" {
			text += " = " + invalid.Hint
		}
		for _, f := range invalid.Findings {
			text += fmt.Sprintf(" | %s %s", f.Position, f.Message)
		}
		return text
	case err != nil:
		return "error " + err.Error()
	}
	return fmt.Sprintf("%s in %s, before %s", strings.Join(versions(r.Live), " and "), r.Place, strings.Join(versions(r.Before), " and "))
}

// read answers a line for each live version, finding and error.
func read(t *testing.T, s *Store, environment string) (*Environment, []string) {
	t.Helper()
	e, findings, err := s.Read(t.Context(), environment)
	must(t, err)
	var lines []string
	for _, v := range e.Live() {
		line := fmt.Sprintf("%s %s %s", v.Service, v.Version, v.At.Format(time.RFC3339))
		switch {
		case v.Uncontracted:
			line += " uncontracted"
		case v.Contract == nil:
			line += " unknown"
		default:
			line += " " + v.Contract.Doc.File()
		}
		lines = append(lines, line)
	}
	for _, f := range findings {
		place := ""
		if f.Position != nil {
			place = f.Position.String() + " "
		}
		line := fmt.Sprintf("%s%s: %s", place, f.ID, f.Message)
		for _, r := range f.Related {
			line += fmt.Sprintf(" | %s %s", r.Position, r.Message)
		}
		lines = append(lines, line+" = "+f.Hint)
	}
	return e, lines
}

// TestDirectory goes through a first deployment, a rolling one and its end.
func TestDirectory(t *testing.T) {
	enter(t)
	s := Directory("environments")
	_, lines := read(t, s, "prod")
	equal(t, lines, []string{"deployment/no-environment: nothing is recorded of an environment prod = the first weir record-deploy --to prod makes it"})

	first := fixture.Git(t, ".", "rev-parse", "HEAD")
	equal(t, record(t, s, order("1.0")), "1.0 in environments/prod/order-service.yaml, before ")
	content, err := os.ReadFile("environments/prod/order-service.yaml")
	must(t, err)
	equal(t, string(content), `# Written by weir record-deploy.
weir: deployment/v1
service: "order-service"
live:
  - version: "1.0"
    at: 2026-11-26T10:46:17Z
    contract: "services/order/weir.yaml"
    commit: "`+first+`"
`)
	fixture.Commit(t, ".", "-- schemas/id.json --\n{\"type\": \"integer\"}\n")
	mail := Deployment{Service: "mail", Version: "a1b2c3", At: at, Contract: "services/mail/weir.yaml"}
	equal(t, record(t, s, mail), "a1b2c3 in environments/prod/mail.yaml, before ")
	legacy := Deployment{Service: "legacy", Version: "7", At: at}
	equal(t, record(t, s, legacy), "7 in environments/prod/legacy.yaml, before ")
	next := order("release/2~beta")
	next.Rolling = true
	equal(t, record(t, s, next), "release/2~beta and 1.0 in environments/prod/order-service.yaml, before 1.0")

	// Both versions are answered, each as it was deployed.
	e, lines := read(t, s, "prod")
	equal(t, lines, []string{
		"legacy 7 2026-11-26T10:46:17Z uncontracted",
		"mail a1b2c3 2026-11-26T10:46:17Z prod/mail@a1b2c3/services/mail/weir.yaml",
		"order-service release/2~beta 2026-11-26T10:46:17Z prod/order-service@release%2F2~beta/services/order/weir.yaml",
		"order-service 1.0 2026-11-26T10:46:17Z prod/order-service@1.0/services/order/weir.yaml",
	})
	if len(e.Contracts()) != 3 || len(e.Service("order-service").Live) != 2 || e.Service("none") != nil {
		t.Errorf("%+v", e)
	}
	found := rules.Check(e.Contracts(), e.FS(source.Host()), at)
	var needs []finding.Finding
	for _, f := range found {
		if f.ID == rules.NeedType {
			needs = append(needs, f)
		}
	}
	if len(needs) != 1 {
		t.Fatalf("%+v", found)
	}
	here := e.Localize(needs)[0]
	equal(t, here.Position.String(), "environments/prod/mail.yaml:5:14")
	equal(t, here.Related[0].Position.String()+" "+here.Related[0].Message,
		"prod/mail@a1b2c3/services/mail/weir.yaml:4:77 services/mail/weir.yaml of mail a1b2c3")
	equal(t, here.Related[1].Position.String(), "prod/order-service@release%2F2~beta/schemas/order.json:1:35")
	equal(t, needs[0].Position.String(), "prod/mail@a1b2c3/services/mail/weir.yaml:4:77") // what was given is not changed

	// Once more the same, and the end.
	equal(t, record(t, s, next), "release/2~beta and 1.0 in environments/prod/order-service.yaml, before release/2~beta and 1.0")
	equal(t, describe(s.Finish(t.Context(), "prod", "order-service", "")), "release/2~beta in environments/prod/order-service.yaml, before release/2~beta and 1.0")
	equal(t, describe(s.Finish(t.Context(), "prod", "order-service", "")), "release/2~beta in environments/prod/order-service.yaml, before release/2~beta")

	// A rolling deployment that is taken back.
	third := order("3.0")
	third.Rolling = true
	record(t, s, third)
	equal(t, describe(s.Finish(t.Context(), "prod", "order-service", "4.0")), `version "4.0" of order-service is not live in prod = did you mean "3.0"?`)
	equal(t, describe(s.Finish(t.Context(), "prod", "order-service", "release/2~beta")), "release/2~beta in environments/prod/order-service.yaml, before 3.0 and release/2~beta")
	equal(t, describe(s.Finish(t.Context(), "prod", "none", "")), "nothing is recorded of none in prod = record it: weir record-deploy --version …")

	// An older version by its commit.
	back := order("1.0")
	back.Commit = first
	equal(t, record(t, s, back), "1.0 in environments/prod/order-service.yaml, before release/2~beta")
	e, _ = read(t, s, "prod")
	equal(t, e.Service("order-service").Live[0].Commit, first)

	names, err := s.Environments(t.Context())
	must(t, err)
	equal(t, names, []string{"prod"})
	_, lines = read(t, s, "prd")
	equal(t, lines, []string{`deployment/no-environment: nothing is recorded of an environment prd = did you mean "prod"?`})
}

// TestEmbed keeps copies where the records are in another repository.
func TestEmbed(t *testing.T) {
	enter(t)
	t.Setenv("GIT_CEILING_DIRECTORIES", filepath.Dir(t.TempDir()))
	elsewhere := filepath.ToSlash(filepath.Join(t.TempDir(), "environments"))
	s := Directory(elsewhere)
	d := order("1.0")
	const hint = " = keep a copy of the contract beside the record with --embed"
	equal(t, record(t, s, d), "services/order/weir.yaml is in another repository than the records, so that its commits are not found from there"+hint)
	d.Embed = true
	equal(t, record(t, s, d), "1.0 in "+elsewhere+"/prod/order-service.yaml, before ")
	opened := []string{"order-service 1.0 2026-11-26T10:46:17Z prod/order-service@1.0/services/order/weir.yaml"}
	_, lines := read(t, s, "prod")
	equal(t, lines, opened)
	copies := func() []string {
		t.Helper()
		var names []string
		must(t, filepath.WalkDir(elsewhere+"/prod", func(name string, entry os.DirEntry, err error) error {
			if !entry.IsDir() {
				names = append(names, strings.TrimPrefix(filepath.ToSlash(name), elsewhere+"/prod/"))
			}
			return err
		}))
		return names
	}
	const one, two = ".contracts/order-service/f4ee034898f8871b/", ".contracts/order-service/b951ea45f32a4c97/"
	equal(t, copies(), []string{
		".contracts/.gitattributes",
		one + "schemas/id.json", one + "schemas/order.json", one + "services/order/weir.yaml",
		"order-service.yaml",
	})

	// What lies there is copied, committed or not.
	fixture.Write(t, ".", "-- schemas/id.json --\n{\"type\": \"string\", \"maxLength\": 9}\n")
	d.Version, d.Rolling = "1.1", true
	equal(t, record(t, s, d), "1.1 and 1.0 in "+elsewhere+"/prod/order-service.yaml, before 1.0")
	_, lines = read(t, s, "prod")
	equal(t, lines, append([]string{"order-service 1.1 2026-11-26T10:46:17Z prod/order-service@1.1/services/order/weir.yaml"}, opened...))
	equal(t, len(copies()), 8)
	equal(t, describe(s.Finish(t.Context(), "prod", "order-service", "")), "1.1 in "+elsewhere+"/prod/order-service.yaml, before 1.1 and 1.0")
	equal(t, copies(), []string{
		".contracts/.gitattributes",
		two + "schemas/id.json", two + "schemas/order.json", two + "services/order/weir.yaml",
		"order-service.yaml",
	})

	// A copy that is another one, or gone.
	must(t, os.WriteFile(elsewhere+"/prod/"+two+"schemas/id.json", []byte("{}"), 0o644))
	_, lines = read(t, s, "prod")
	broken := "deployment/copy-mismatch: the copy of the contract of order-service 1.1 "
	const restore = " = restore it from git, or record the deployment again"
	equal(t, lines, []string{
		"order-service 1.1 2026-11-26T10:46:17Z unknown",
		elsewhere + "/prod/order-service.yaml:5:14 " + broken + "is not the one that the record names" + restore,
	})
	must(t, os.RemoveAll(elsewhere+"/prod/.contracts"))
	_, lines = read(t, s, "prod")
	equal(t, lines[1], elsewhere+"/prod/order-service.yaml:5:14 "+broken+"cannot be read: no such file or directory"+restore)

	// Another working tree of the repository has its commits.
	fixture.Git(t, ".", "worktree", "add", "--quiet", "--detach", elsewhere+"/tree", "HEAD")
	equal(t, record(t, Directory(elsewhere+"/tree/environments"), Deployment{
		Service: "mail", Version: "1", At: at, Contract: "services/mail/weir.yaml",
	}), "1 in "+elsewhere+"/tree/environments/prod/mail.yaml, before ")

	// Without git, and with a copy of a commit.
	d.Rolling, d.Commit = false, "HEAD"
	equal(t, record(t, s, d), "1.1 in "+elsewhere+"/prod/order-service.yaml, before 1.1")
	equal(t, copies()[1], one+"schemas/id.json")
	must(t, os.RemoveAll(".git"))
	equal(t, record(t, s, d), "services/order/weir.yaml is in no git repository"+hint)
	d.Commit = ""
	equal(t, record(t, s, d), "1.1 in "+elsewhere+"/prod/order-service.yaml, before 1.1")
	equal(t, copies()[1], two+"schemas/id.json")
	// The last copy goes with the last record that has one.
	equal(t, record(t, s, Deployment{Service: "order-service", Version: "2", At: at}), "2 in "+elsewhere+"/prod/order-service.yaml, before 1.1")
	equal(t, copies(), []string{".contracts/.gitattributes", "order-service.yaml"})
}

func TestRefusals(t *testing.T) {
	enter(t)
	head := fixture.Git(t, ".", "rev-parse", "HEAD")[:12]
	change := func(edit func(*Deployment)) Deployment {
		d := order("1.0")
		edit(&d)
		return d
	}
	const versionLike = " = versions are like 1.4.0, v1.4.0 or the id of a commit"
	const commitIt = " = commit it, or name the deployed commit with --commit, or keep a copy with --embed"
	tests := []struct {
		name, files, environment string
		d                        Deployment
		want                     string
	}{
		{name: "environment", environment: "../prod", d: order("1"), want: `"../prod" is no name of an environment = use letters, digits, '.', '_' and '-'`},
		{name: "service", d: Deployment{Service: "a/b", Version: "1"}, want: `"a/b" is no name of a service = use the name in the service's contract`},
		{name: "contract's name", d: Deployment{Service: "order.weir", Version: "1"}, want: "the record of a service named order.weir would be taken for a contract = give the service another name"},
		{name: "no version", d: order(" "), want: `the version " " is empty` + versionLike},
		{name: "version", d: order("a\nb"), want: `the version "a\nb" has white space` + versionLike},
		{name: "hidden", d: order("a\x1bb"), want: `the version "a\x1bb" has characters that cannot be shown` + versionLike},
		{name: "space", d: order("1.0 rc"), want: `the version "1.0 rc" has white space` + versionLike},
		{name: "option", d: order("-1"), want: `the version "-1" begins with a hyphen, as options do` + versionLike},
		{name: "long version", d: order(strings.Repeat("v", 201)), want: `the version "` + strings.Repeat("v", 201) + `" has more than 200 bytes` + versionLike},
		{name: "no directory", d: change(func(d *Deployment) { d.Contract = "none/weir.yaml" }), want: "there is no directory none = name the contract's file with --contract"},
		{name: "no contract", d: change(func(d *Deployment) { d.Contract = "services/weir.yaml" }), want: "the contract services/weir.yaml cannot be read at commit " + head + " | services/weir.yaml cannot read the file: at HEAD (" + head + "): file does not exist"},
		{name: "another service", d: change(func(d *Deployment) { d.Contract = "services/mail/weir.yaml" }), want: "services/mail/weir.yaml is the contract of mail, not of order-service at commit " + head + " = name the contract's file with --contract"},
		{name: "commit", d: change(func(d *Deployment) { d.Commit = "nonesuch" }), want: "git knows no revision nonesuch in " + root(t) + "; this repository has no remote to fetch it from"},
		{name: "commit as option", d: change(func(d *Deployment) { d.Commit = "--exec" }), want: `"--exec" is no git revision: none starts with a hyphen`},
		{name: "schema changed", files: "-- schemas/id.json --\n{}\n", d: order("1"), want: "schemas/id.json is not as commit " + head + " has it" + commitIt},
		{name: "schema gone", files: "-- schemas/order.json --\n{}\n", d: order("1"), want: "schemas/id.json is not as commit " + head + " has it" + commitIt},
		{name: "contract changed", files: "-- services/order/weir.yaml --\nweir: contract/v1\n", d: order("1"), want: "the contract services/order/weir.yaml cannot be read | services/order/weir.yaml:1:1 service needs the field name | services/order/weir.yaml:1:1 the contract neither produces nor consumes an event"},
		{name: "schema missing", files: "-- services/order/weir.yaml --\nweir: contract/v1\nservice: {name: order-service}\nproduces: [{event: A, topic: a, schema: none.json}]\n", d: change(func(d *Deployment) { d.Embed = true }), want: "the contract services/order/weir.yaml names schemas that cannot be read | services/order/weir.yaml:3:41 cannot read the schema services/order/none.json: no such file or directory"},
		{name: "record", files: "-- environments/prod/order-service.yaml --\nnonsense: 1\n", d: order("1"), want: "what is recorded now cannot be read | environments/prod/order-service.yaml:1:1 the file needs the field live | environments/prod/order-service.yaml:1:1 the file needs the field service | environments/prod/order-service.yaml:1:1 the file needs the field weir | environments/prod/order-service.yaml:1:1 the file has no field \"nonsense\""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fixture.Write(t, ".", tt.files)
			environment := tt.environment
			if environment == "" {
				environment = "prod"
			}
			equal(t, describe(Directory("environments").Record(t.Context(), environment, tt.d)), tt.want)
			fixture.Git(t, ".", "checkout", "--quiet", "--force", "HEAD")
			must(t, os.RemoveAll("environments"))
		})
	}
}

func root(t *testing.T) string { return fixture.Git(t, ".", "rev-parse", "--show-toplevel") }

// TestWhatCannotBeRead: each record that is wrong is one finding, and the
// others are read.
func TestWhatCannotBeRead(t *testing.T) {
	enter(t)
	s := Directory("environments")
	record(t, s, order("1.0"))
	head := fixture.Git(t, ".", "rev-parse", "HEAD")
	next := fixture.Commit(t, ".", "-- services/bad/weir.yaml --\nweir: contract/v1\nservice: {nam: bad}\nproduces: [{event: A, topic: a}]\n")
	live := func(service, commit, path string) string {
		return "-- environments/prod/" + service + ".yaml --\nweir: deployment/v1\nservice: " + service +
			"\nlive:\n  - {version: \"1\", at: 2026-11-26T10:46:17Z, contract: " + path + ", commit: " + commit + "}\n"
	}
	fixture.Write(t, ".", live("a", strings.Repeat("0", 40), "weir.yaml")+live("b", head, "none/weir.yaml")+live("c", next, "services/bad/weir.yaml")+
		live("d", head, "services/mail/weir.yaml")+
		"-- environments/prod/e.yaml --\nweir: deployment/v1\nservice: f\nlive: [{version: \"1\", at: 2026-11-26T10:46:17Z}]\n"+
		"-- environments/prod/g.yml --\n-- environments/prod/README.md --\n-- environments/prod/.hidden.yaml --\n-- environments/prod/sub/h.yaml --\n-- environments/.x/h.yaml --\n")
	_, lines := read(t, s, "prod")
	const when = " 1 2026-11-26T10:46:17Z unknown"
	equal(t, lines, []string{
		"a" + when, "b" + when, "c" + when, "d" + when,
		"order-service 1.0 2026-11-26T10:46:17Z prod/order-service@1.0/services/order/weir.yaml",
		"environments/prod/a.yaml:4:15 deployment/unknown-commit: the commit of a 1 is not here" +
			": git knows no revision " + strings.Repeat("0", 40) + " in " + root(t) + "; this repository has no remote to fetch it from" +
			" = fetch it; records with a copy (weir record-deploy --embed) need no history",
		"environments/prod/b.yaml:4:15 deployment/no-contract: commit " + head[:12] + " has no contract none/weir.yaml of b 1 = record the deployment again with --contract",
		"environments/prod/c.yaml:4:15 deployment/contract: the contract of c 1 cannot be read | services/bad/weir.yaml:2:11 service has no field \"nam\" = ",
		"environments/prod/d.yaml:4:15 deployment/other-service: the record is one of d, and its contract is that of mail | prod/d@1/services/mail/weir.yaml:2:17 the contract = valid are mail",
		"environments/prod/e.yaml:2:10 deployment/other-service: the record is one of f, and its file is named for e = rename one of them",
		"environments/prod/g.yml deployment/not-a-record: the names of records end with .yaml = rename it to g.yaml",
	})
}

// TestPipelinesDoNotCollide: services are recorded at the same moment, and who
// reads meanwhile sees whole records.
func TestPipelinesDoNotCollide(t *testing.T) {
	dir := filepath.ToSlash(t.TempDir())
	s := Directory(dir)
	const services, deployments = 16, 8
	var pipelines sync.WaitGroup
	for i := range services {
		pipelines.Go(func() {
			for j := range deployments {
				d := Deployment{Service: fmt.Sprintf("s%02d", i), Version: fmt.Sprint(j), At: at, Rolling: true}
				if _, err := s.Record(t.Context(), "prod", d); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { pipelines.Wait(); close(done) }()
	for reading := true; reading; {
		select {
		case <-done:
			reading = false
		default:
		}
		if _, findings, err := s.Read(t.Context(), "prod"); err != nil || finding.Errors(findings) > 0 && findings[0].ID != NoEnvironment {
			t.Fatalf("%v, %s", err, fixture.Text(t, findings))
		}
	}
	e, _, err := s.Read(t.Context(), "prod")
	must(t, err)
	equal(t, len(e.Live()), services*deployments)
}
