package asyncapi

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"time"

	"github.com/flowweir/weir/contracts/document"
)

// isoForm is the part of ISO 8601 that the proposal for retries takes: hours,
// minutes and seconds.
var isoForm = regexp.MustCompile(`^PT(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,10}(?:[.,]\d{1,9})?)S)?$`)

func parseISO(s string) (document.Duration, bool) {
	match := isoForm.FindStringSubmatch(s)
	if match == nil || s == "PT" {
		return 0, false
	}
	total := new(big.Rat)
	for i, unit := range []time.Duration{time.Hour, time.Minute, time.Second} {
		if match[i+1] == "" {
			continue
		}
		n, _ := new(big.Rat).SetString(strings.Replace(match[i+1], ",", ".", 1))
		total.Add(total, n.Mul(n, new(big.Rat).SetInt64(int64(unit))))
	}
	if !total.IsInt() || !total.Num().IsInt64() {
		return 0, false
	}
	return document.Duration(total.Num().Int64()), true
}

// iso writes a duration that is not negative.
func iso(d document.Duration) string {
	whole, rest := time.Duration(d)/time.Second, time.Duration(d)%time.Second
	if rest == 0 {
		return fmt.Sprintf("PT%dS", whole)
	}
	return "PT" + strings.TrimRight(fmt.Sprintf("%d.%09d", whole, rest), "0") + "S"
}
