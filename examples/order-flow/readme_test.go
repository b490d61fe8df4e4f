package orderflow_test

import (
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/flowweir/weir/harness"
)

// TestReadme fails TestPayment as the README says, and holds the message that
// the README shows against what is printed.
func TestReadme(t *testing.T) {
	said := make(chan string, 1)
	go func() {
		defer close(said)
		c, orders := orderFlow(red{t, said})
		post(t, orders+"/orders", "order-1", `{"customer_id": "cus-1", "currency": "EUR",
			"items": [{"sku": "BOOT-42", "quantity": 2, "unit_price": 6900}]}`)
		order := c.Await("com.acme.order.OrderPlaced", harness.Where("header:ce_id", "order-1"))
		c.Await("com.acme.payment.PaymentReceived", harness.CausedBy(order), harness.Where("$.amount", 13800))
		c.Within(time.Millisecond).Await("com.acme.payment.PaymentReceived", harness.CausedBy(order), harness.Where("$.amount", 13900))
	}()
	printed, _, _ := strings.Cut(<-said, "\norder-service, its last lines")
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, _ := strings.Cut(string(readme), "```text\nflow_test.go:")
	shown, _, _ = strings.Cut(shown, "\n```")
	_, shown, _ = strings.Cut(shown, ": ")
	if got, want := same(printed), same(shown); got != want {
		t.Errorf("it prints\n%s\nand the README has, without what differs each time,\n%s", printed, want)
	}
}

var (
	margin  = regexp.MustCompile(`(?m)^ +`)
	differs = regexp.MustCompile(`within \S+|\d{4}-\d\d-\d\dT[0-9:.]+Z|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|/\d@\d+`)
)

// same is a message without what is another each time, and its margin.
func same(message string) string {
	return differs.ReplaceAllString(margin.ReplaceAllString(message, ""), "…")
}

// red is a test that fails: what it says is looked at.
type red struct {
	testing.TB
	said chan<- string
}

func (r red) Fatal(args ...any) {
	r.said <- fmt.Sprint(args...)
	runtime.Goexit()
}
