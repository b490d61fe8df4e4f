package workspace_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/flowweir/weir/contracts/workspace"
)

// Contracts of several directories are one set.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "shop")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	for name, text := range map[string]string{
		"weir.work.yaml": "weir: workspace/v1\npaths: [services]\n",
		"services/orders/weir.yaml": `weir: contract/v1
service: {name: orders}
consumes: [{event: com.acme.Paid, topic: payments, group: orders}]
`,
		"services/payments/weir.yaml": `weir: contract/v1
service: {name: payments}
produces: [{event: com.acme.Paid, topic: payments, schema: paid.json}]
`,
		"services/payments/paid.json": `{"type": "object"}`,
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			fmt.Println(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			fmt.Println(err)
		}
	}
	w, findings := workspace.Open(dir)
	for _, f := range findings {
		fmt.Println(f.Message)
	}
	for _, c := range w.Contracts() {
		fmt.Printf("%s produces %d events and consumes %d\n", c.Service.Name, len(c.Produces), len(c.Consumes))
	}
	// Output:
	// orders produces 0 events and consumes 1
	// payments produces 1 events and consumes 0
}
