package main

import (
	"strings"
	"testing"

	"github.com/flowweir/weir/contracts/source/registry"
)

// TestRegistryIsDocumented: all that says how the registry is reached stands in
// the help of each verb that reads one, and in the page that others refer to.
func TestRegistryIsDocumented(t *testing.T) {
	read := map[string]bool{}
	config := registry.FromEnvironment(func(name string) string { read[name] = true; return "x" })
	if len(read) != 7 || config.Token != "x" {
		t.Fatalf("the environment has %v", read)
	}
	page := readPage(t, "workspace.md")
	for name := range read {
		if !strings.Contains(page, "`"+name+"`") {
			t.Errorf("docs/workspace.md does not have %s", name)
		}
	}
	for _, verb := range []string{"check", "breaking", "compat", "graph", "can-i-deploy", "init", "verify", "run", "load", "plan", "chaos", "compare"} {
		s, out, _ := testState(verb, "--help")
		if code := execute(s); code != exitPass {
			t.Errorf("%s --help: exit code %d", verb, code)
		}
		for name := range read {
			if !strings.Contains(out.String(), name) {
				t.Errorf("the help of %s does not have %s", verb, name)
			}
		}
	}
	for _, page := range []string{"breaking.md", "deploy.md", "go-test.md", "init.md", "verify.md"} {
		if !strings.Contains(readPage(t, page), "(workspace.md#the-schema-registry)") {
			t.Errorf("docs/%s does not refer to the page", page)
		}
	}
}
