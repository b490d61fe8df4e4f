package match_test

import (
	"encoding/json"
	"fmt"

	"github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/harness"
	"github.com/flowweir/weir/harness/match"
)

// printing is a Gomega whose failures are printed; in a test it is
// NewWithT(t).
func printing() gomega.Gomega {
	return gomega.NewGomega(func(message string, _ ...int) { fmt.Println(message) })
}

// reservation is a record as a test gets it from Await or Records.
func reservation(offset int64, version int) *harness.Record {
	return &harness.Record{
		Record: &kgo.Record{Topic: "stock", Offset: offset, Key: []byte("BOOT-42"), Value: fmt.Appendf(nil, `{"version":%d}`, version)},
		Event:  "shop.Reserved",
		Data:   map[string]any{"version": json.Number(fmt.Sprint(version))},
	}
}

func ExampleBeEvent() {
	g := printing()
	g.Expect(reservation(0, 3)).To(match.BeEvent("shop.Reserved", match.Fields{
		"$.version": gomega.BeNumerically(">", 2),
		"key":       "BOOT-42",
	}))
	g.Expect(reservation(0, 3)).To(match.BeEvent("shop.Reserved", match.Fields{
		"$.version": gomega.BeNumerically(">", 3), "header:tenant": "abc",
	}))
	// Output:
	// Expected
	//     stock/0@0 shop.Reserved key BOOT-42
	//       {"version":3}
	// to be the event shop.Reserved, but
	//     = event: shop.Reserved
	//     ≠ $.version: 3, wanted to be > <int>: 3
	//     ≠ header:tenant: nothing there, wanted abc
}

func ExampleBeInKeyOrder() {
	records := []*harness.Record{reservation(0, 1), reservation(1, 3), reservation(2, 2)}
	printing().Expect(records).To(match.BeInKeyOrder("$.version"))
	// Output:
	// Expected 3 records to be in the order of $.version within each key, but
	//     key BOOT-42 at stock/0@2: $.version is 2, after 3
}
