package key_test

import (
	"fmt"

	"github.com/flowweir/weir/loadgen/key"
)

func ExampleZipf() {
	keys, err := key.Zipf(42, 0, 100_000, 1.1)
	if err != nil {
		fmt.Println(err)
		return
	}
	hottest := 0
	for seq := range uint64(10_000) {
		if keys.Index(seq) == 0 {
			hottest++
		}
	}
	fmt.Printf("%s: %d of 10000 records have the hottest key\n", keys, hottest)
	// Output: zipf 1.1 over 100000 keys: 1354 of 10000 records have the hottest key
}
