package deployment_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/flowweir/weir/contracts/deployment"
)

// While a deployment is rolling, both versions are live.
func Example() {
	dir, err := os.MkdirTemp("", "environments")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	store := deployment.Directory(filepath.ToSlash(dir))

	d := deployment.Deployment{Service: "legacy-billing", Version: "7", At: time.Now()}
	_, first := store.Record(ctx, "prod", d)
	d.Version, d.Rolling = "8", true
	_, second := store.Record(ctx, "prod", d)
	if first != nil || second != nil {
		fmt.Println(first, second)
		return
	}

	prod, _, err := store.Read(ctx, "prod")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, v := range prod.Service("legacy-billing").Live {
		fmt.Println(v.Version, "without a contract:", v.Uncontracted)
	}
	// Output:
	// 8 without a contract: true
	// 7 without a contract: true
}
