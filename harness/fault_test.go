package harness

import (
	"context"
	"strings"
	"testing"
)

func TestAServiceThatCrashesAndComesBack(t *testing.T) {
	c := shop(t)
	p := c.Start(child("shop", "right"))
	c.Trigger("shop.Sold")
	c.Crash("shop")
	if up, _ := p.Running(); up {
		t.Error("it runs after its crash")
	}
	c.StartAgain("shop")
	c.Trigger("shop.Sold")
	c.Restart("shop")
	c.Trigger("shop.Sold")
	if got := p.Restarts(); got != 2 {
		t.Errorf("%d restarts, want 2", got)
	}
}

func TestBrokersThatGoAndComeBack(t *testing.T) {
	c := shop(t)
	for _, node := range c.Brokers().Nodes() {
		c.KillBroker(node)
		sold := c.Produce("shop.Sold")
		c.Await("shop.Sold", LeadsBackTo(sold))
		c.StartBroker(node)
	}
}

func TestFaultsFailWhere(t *testing.T) {
	shared := Share(Brokers(1))
	defer func() {
		if err := shared.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	for name, test := range map[string]struct {
		do   func(testing.TB)
		want string
	}{
		"no such service": {func(t testing.TB) { Run(t, Brokers(1)).Crash("shop") }, "Crash shop: no such service was started: there are []"},
		"a Go function": {func(t testing.TB) {
			c := shop(t)
			c.Start(booksService())
			c.Crash("books")
		}, "Crash: service books: crash: a Go function runs its deferred calls and is no crash; start it as a program"},
		"no such broker":   {func(t testing.TB) { Run(t, Brokers(1)).KillBroker(9) }, "KillBroker 9: embedded: "},
		"a shared cluster": {func(t testing.TB) { Run(t, On(shared)).KillBroker(1) }, "KillBroker 1: other tests use this cluster: "},
	} {
		t.Run(name, func(t *testing.T) {
			if r := failing(t, test.do); !r.failed || !strings.HasPrefix(r.said(), test.want) {
				t.Errorf("said %q, want %q", r.said(), test.want)
			}
		})
	}
}
