package versions

import (
	"testing"
	"testing/fstest"
)

func TestNear(t *testing.T) {
	files := fstest.MapFS{
		"schemas/order-placed.json": {}, "schemas/order-paid.json": {}, "schemas/v1/money.avsc": {}, "weir.yaml": {},
	}
	for file, want := range map[string]string{
		"schemas/order_placed.json": "schemas/order-placed.json",
		"schema/order-paid.json":    "schemas/order-paid.json",
		"schema/order-piad.json":    "schemas/order-paid.json",
		"schemas/v2/money.avsc":     "schemas/v1/money.avsc",
		"schemas/none-of-them.avsc": "schemas/",
		"wier.yaml":                 "weir.yaml",
		"elsewhere/entirely.json":   "",
	} {
		if got := near(files, file); got != want {
			t.Errorf("%s: %q, want %q", file, got, want)
		}
	}
}
