package deployment

import (
	"strings"
	"testing"

	"github.com/flowweir/weir/contracts/internal/fixture"
	"github.com/flowweir/weir/contracts/internal/git"
)

// TestTags goes through the same as TestDirectory, with tags.
func TestTags(t *testing.T) {
	enter(t)
	s := Tags(".", "deploy")
	_, lines := read(t, s, "prod")
	equal(t, lines, []string{"deployment/no-environment: nothing is recorded of an environment prod = the first weir record-deploy --to prod makes it"})

	first := fixture.Git(t, ".", "rev-parse", "HEAD")
	equal(t, record(t, s, order("1.0")), "1.0 in deploy/prod/order-service/1.0, before ")
	equal(t, fixture.Git(t, ".", "for-each-ref", "--format=%(refname) %(*objectname) %(creatordate:unix)"),
		"refs/heads/main  1795521600\nrefs/tags/deploy/prod/order-service/1.0 "+first+" 1795689977")
	second := fixture.Commit(t, ".", "-- schemas/id.json --\n{\"type\": \"integer\"}\n")
	next := order("2.0~rc.1")
	next.Rolling = true
	equal(t, record(t, s, next), "2.0~rc.1 and 1.0 in deploy/prod/order-service/2.0%7Erc.1, before 1.0")
	_, lines = read(t, s, "prod")
	equal(t, lines, []string{
		"order-service 2.0~rc.1 2026-11-26T10:46:17Z prod/order-service@2.0~rc.1/services/order/weir.yaml",
		"order-service 1.0 2026-11-26T10:46:17Z prod/order-service@1.0/services/order/weir.yaml",
	})
	equal(t, describe(s.Finish(t.Context(), "prod", "order-service", "1.0")), "1.0 in deploy/prod/order-service/1.0, before 2.0~rc.1 and 1.0")
	e, lines := read(t, s, "prod")
	equal(t, lines, []string{"order-service 1.0 2026-11-26T10:46:17Z prod/order-service@1.0/services/order/weir.yaml"})
	equal(t, e.Service("order-service").Live[0].Commit, first)

	// Tags that a pipeline makes by itself, the second not by this convention.
	fixture.Git(t, ".", "tag", "deploy/test/mail/abc")
	fixture.Git(t, ".", "tag", "deploy/nightly")
	t.Setenv("GIT_COMMITTER_DATE", "2026-11-25T12:00:00Z")
	fixture.Git(t, ".", "tag", "--annotate", "--message=by hand", "deploy/test/order-service/9", second)
	_, lines = read(t, s, "test")
	equal(t, lines, []string{
		"mail abc 2026-11-24T12:00:00Z test/mail@abc/services/mail/weir.yaml",
		"order-service 9 2026-11-25T12:00:00Z test/order-service@9/services/order/weir.yaml",
	})
	// With a signature, which is a part of the message.
	signed := strings.ReplaceAll(fixture.Git(t, ".", "for-each-ref", "--format=%(contents)", "refs/tags/deploy/prod/order-service/1.0"), `"1.0"`, `"8"`)
	_, err := git.Command{Dir: ".", Stdin: signed + "\n-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----\n"}.Run(t.Context(),
		"tag", "--annotate", "--cleanup=verbatim", "--file=-", "deploy/signed/order-service/8", first)
	must(t, err)
	_, lines = read(t, s, "signed")
	equal(t, lines, []string{"order-service 8 2026-11-26T10:46:17Z signed/order-service@8/services/order/weir.yaml"})
	// Made in the same second, both count.
	fixture.Git(t, ".", "tag", "--annotate", "--message=by hand", "deploy/test/order-service/10", first)
	_, lines = read(t, s, "test")
	equal(t, lines[1:], []string{
		"order-service 10 2026-11-25T12:00:00Z test/order-service@10/services/order/weir.yaml",
		"order-service 9 2026-11-25T12:00:00Z test/order-service@9/services/order/weir.yaml",
	})

	names, err := s.Environments(t.Context())
	must(t, err)
	equal(t, names, []string{"prod", "signed", "test"})
}

func TestTagsThatCannotBeRead(t *testing.T) {
	enter(t)
	s := Tags(".", "deploy")
	record(t, s, order("1.0"))
	message := fixture.Git(t, ".", "for-each-ref", "--format=%(contents)", "refs/tags/deploy/prod/order-service/1.0")
	other := fixture.Commit(t, ".", "-- more/weir.yaml --\nweir: contract/v1\nservice: {name: mail}\nproduces: [{event: A, topic: a}]\n")
	again := func(name, message, commit string) {
		t.Helper()
		_, err := git.Command{Dir: ".", Stdin: message}.Run(t.Context(), "tag", "--annotate", "--cleanup=verbatim", "--file=-", name, commit)
		must(t, err)
	}
	again("deploy/prod/a/1.0", message, "HEAD~1")
	again("deploy/prod/order-service.b/1.0", strings.Replace(message, `"order-service"`, `"order-service.b"`, 1), other)
	again("deploy/prod/order-service.c/2.0", strings.Replace(message, `"order-service"`, `"order-service.c"`, 1), "HEAD~1")
	again("deploy/prod/order-service.d/1.0", "weir: deployment/v1\nlive: 1\n", other)
	fixture.Git(t, ".", "tag", "deploy/prod/none/1")
	fixture.Git(t, ".", "tag", "deploy/prod/mail/1")
	_, lines := read(t, s, "prod")
	const hint = " = make the tag with weir record-deploy --contract, which records the path"
	equal(t, lines, []string{
		"order-service 1.0 2026-11-26T10:46:17Z prod/order-service@1.0/services/order/weir.yaml",
		"deploy/prod/a/1.0:3:10 deployment/other-service: the record is one of order-service, and its tag is named for a = record the deployment again",
		"deploy/prod/mail/1 deployment/no-contract: the commit of the tag has several contracts of mail: more/weir.yaml, services/mail/weir.yaml" + hint,
		"deploy/prod/none/1 deployment/foreign-tag: the tag is passed over: it has no record, and its commit has no contract of none = if none is live there, record it with weir record-deploy, without a contract with --uncontracted; else give the tag another name",
		"deploy/prod/order-service.b/1.0:8:13 deployment/other-service: the record is one of another commit than the tag points to = record the deployment again",
		"deploy/prod/order-service.c/2.0:5:14 deployment/other-service: the record is one of version 1.0, and its tag is named for 2.0 = record the deployment again",
		"deploy/prod/order-service.d/1.0:1:1 file/required: the file needs the field service = ",
		"deploy/prod/order-service.d/1.0:2:7 file/wrong-type: live must be a list, not the number 1 = write a list: [1]",
	})
	d := order("2")
	d.Embed = true
	equal(t, record(t, s, d), "a tag has no place for a copy = leave out --embed; the tag's commit has the contract")
	// One that has had a record is no stranger's.
	t.Setenv("GIT_COMMITTER_DATE", "2026-11-27T12:00:00Z")
	fixture.Git(t, ".", "rm", "--quiet", "services/order/weir.yaml")
	fixture.Git(t, ".", "commit", "--quiet", "--message=m")
	fixture.Git(t, ".", "tag", "deploy/prod/order-service/9")
	_, lines = read(t, s, "prod")
	equal(t, lines[len(lines)-1], "deploy/prod/order-service/9 deployment/no-contract: the commit of the tag has no contract of order-service"+hint)
}

// TestTagsWithoutContract: a service without a contract is recorded, over a
// tag that somebody made for themselves, which alone records nothing.
func TestTagsWithoutContract(t *testing.T) {
	enter(t)
	s := Tags(".", "deploy")
	fixture.Git(t, ".", "tag", "deploy/prod/legacy/1")
	e, lines := read(t, s, "prod")
	equal(t, len(e.Services), 0)
	equal(t, lines, []string{
		"deploy/prod/legacy/1 deployment/foreign-tag: the tag is passed over: it has no record, and its commit has no contract of legacy = if legacy is live there, record it with weir record-deploy, without a contract with --uncontracted; else give the tag another name",
		"deployment/no-environment: nothing is recorded of an environment prod = the first weir record-deploy --to prod makes it",
	})
	equal(t, record(t, s, Deployment{Service: "legacy", Version: "7", At: at}), "7 in deploy/prod/legacy/7, before ")
	equal(t, record(t, s, Deployment{Service: "legacy", Version: "8", At: at, Rolling: true}), "8 and 7 in deploy/prod/legacy/8, before 7")
	equal(t, describe(s.Finish(t.Context(), "prod", "legacy", "")), "8 in deploy/prod/legacy/8, before 8 and 7")
	e, lines = read(t, s, "prod")
	equal(t, lines, []string{"legacy 8 2026-11-26T10:46:17Z uncontracted"})
	equal(t, e.Service("legacy").Live[0].Uncontracted, true)
}

// TestEscape: any version is the last part of a tag's name that git takes, and
// comes back from it.
func TestEscape(t *testing.T) {
	for version, want := range map[string]string{
		"1.0": "1.0", "v1.2.3-rc.1+build_7": "v1.2.3-rc.1+build_7", "a/b": "a%2Fb", "1..2": "1.%2E2", ".1": "%2E1", "1.": "1%2E",
		"a.lock": "a%2Elock", "a.locked": "a%2Elocked", "-x": "%2Dx", "@": "%40", "~^:?*[\\ z": "%7E%5E%3A%3F%2A%5B%5C%20z", "100%": "100%25", "ü": "%C3%BC", "@{": "%40%7B",
	} {
		name := escape(version)
		equal(t, name, want)
		equal(t, unescape(name), version)
		if _, err := git.Run(t.Context(), ".", "check-ref-format", "refs/tags/deploy/prod/s/"+name); err != nil {
			t.Errorf("%q: %v", version, err)
		}
	}
	equal(t, unescape("50%"), "50%")
	equal(t, unescape("%zz"), "%zz")
}
