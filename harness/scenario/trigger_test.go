package scenario

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/contracts/source"
	"github.com/flowweir/weir/loadgen/identity"
)

// shop answers POST /carts with the id of a cart, and POST /carts/ID/order and
// /orders with a status; it writes down what it was asked.
type shop struct {
	*httptest.Server
	log []string
	// created and cart answer POST /carts, status the orders.
	created, status int
	cart            string
}

func newShop(t *testing.T) *shop {
	s := &shop{created: http.StatusCreated, status: http.StatusAccepted, cart: `{"cart": {"id": 17}}`}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		line := fmt.Sprintf("%s %s %s", r.Method, r.URL.Path, strings.TrimSpace(string(body)))
		if id := r.Header.Get("Idempotency-Key"); id != "" {
			line += " id=" + id
		}
		if tenant := r.Header.Get("Tenant"); tenant != "" {
			line += " tenant=" + tenant
		}
		if kind := r.Header.Get("Content-Type"); kind != "" {
			line += " (" + kind + ")"
		}
		s.log = append(s.log, strings.TrimSpace(line))
		if r.URL.Path == "/carts" {
			w.WriteHeader(s.created)
			_, _ = io.WriteString(w, s.cart)
			return
		}
		w.WriteHeader(s.status)
	}))
	t.Cleanup(s.Close)
	return s
}

// fire drives a trigger once.
func (s *shop) fire(t *testing.T, trigger *contracts.Trigger) error {
	t.Helper()
	c, findings := loadContracts(asyncapi.NewFiles(source.Host()), "testdata/plan/orders.yaml")
	equal(t, summary(findings), []string(nil))
	p := &contracts.Produces{Event: "OrderPlaced", Trigger: trigger}
	return Trigger(context.Background(), c[0], p, s.URL+"/", identity.EventID{Run: 1, Sequence: 5}, nil)
}

func TestTrigger(t *testing.T) {
	id := identity.EventID{Run: 1, Sequence: 5}.String()
	tests := []struct {
		name    string
		trigger contracts.Trigger
		shop    func(*shop)
		log     []string
	}{
		{"without an id", contracts.Trigger{HTTP: "POST /orders", Body: "place-order.json", Expect: 202}, nil,
			[]string{`POST /orders {"cart": "c-1"} (application/json)`}},
		{"a body of another type", contracts.Trigger{HTTP: "POST /orders", Body: "place-order.json", Headers: map[string]string{"content-type": "text/plain"}}, nil,
			[]string{`POST /orders {"cart": "c-1"} (text/plain)`}},
		{"the id in a header", contracts.Trigger{HTTP: "POST /orders", ID: "header:Idempotency-Key", Headers: map[string]string{"Tenant": "a-{{.seq}}"}}, nil,
			[]string{"POST /orders  id=" + id + " tenant=a-5"}},
		{"the id in the body", contracts.Trigger{HTTP: "PUT /orders", Body: "place-order.json", ID: "body:$.cart"}, nil,
			[]string{`PUT /orders {"cart":"` + id + `"} (application/json)`}},
		{"any 2xx", contracts.Trigger{HTTP: "POST /orders"}, func(s *shop) { s.status = 204 }, []string{"POST /orders"}},
		{"what is given is saved", contracts.Trigger{
			Given: []contracts.Step{{HTTP: "POST /carts", Expect: 201, Save: map[string]string{"cart": "$.cart.id"}}},
			HTTP:  "POST /carts/{{.cart}}/order", ID: "header:Idempotency-Key",
		}, nil, []string{"POST /carts", "POST /carts/17/order  id=" + id}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newShop(t)
			if tt.shop != nil {
				tt.shop(s)
			}
			if err := s.fire(t, &tt.trigger); err != nil {
				t.Error(err)
			}
			equal(t, s.log, tt.log)
		})
	}
}

// TestTriggersThatFail: what did not end in the expected reply says why.
func TestTriggersThatFail(t *testing.T) {
	cart := contracts.Step{HTTP: "POST /carts", Save: map[string]string{"cart": "$.cart.id"}}
	given := func(step contracts.Step) contracts.Trigger {
		return contracts.Trigger{Given: []contracts.Step{step}, HTTP: "POST /orders"}
	}
	tests := []struct {
		name    string
		trigger contracts.Trigger
		shop    func(*shop)
		want    string
	}{
		{"no trigger over http", contracts.Trigger{Exec: []string{"x"}}, nil, "the contract gives no trigger over http for OrderPlaced"},
		{"no path", contracts.Trigger{HTTP: "/orders"}, nil, `http "/orders" is not a method and a path, such as POST /orders`},
		{"a body that is not there", contracts.Trigger{HTTP: "POST /orders", Body: "none.json"}, nil, "body: open testdata/plan/none.json: no such file or directory"},
		{"an id that is no place", contracts.Trigger{HTTP: "POST /orders", ID: "body:cart"}, nil, `id: place "cart", column 1: `},
		{"an id in no body", contracts.Trigger{HTTP: "POST /orders", ID: "body:$.cart"}, nil, "the body is no JSON to put $.cart into: EOF"},
		{"a variable that nothing saved", contracts.Trigger{HTTP: "POST /carts/{{.cart}}"}, nil, `the path: {{.cart}}: map has no entry for key "cart"`},
		{"a step that is not http", given(contracts.Step{Exec: []string{"x"}}), nil, "given step 1 is not http, which is the only kind of step that is built"},
		{"another good status than the one expected", contracts.Trigger{HTTP: "POST /orders", Expect: 201}, nil, "reply 202 Accepted"},
		{"a step with another status", given(contracts.Step{HTTP: "POST /carts", Expect: 200}), nil, "given step 1 was not met: reply 201 Created"},
		{"a refusal", contracts.Trigger{HTTP: "POST /orders"}, func(s *shop) { s.status = 409 }, "reply 409 Conflict"},
		{"a step that is refused", given(contracts.Step{HTTP: "POST /carts"}), func(s *shop) { s.created = 422 }, "given step 1 was not met: reply 422 Unprocessable Entity"},
		{"a step whose place is none", given(contracts.Step{HTTP: "POST /carts", Save: map[string]string{"cart": "cart"}}), nil, `given step 1: save cart: place "cart", column 1: `},
		{"a reply that is no JSON", given(cart), func(s *shop) { s.cart = "<cart>" }, "given step 1: the reply is no JSON to save from: invalid character '<' looking for beginning of value"},
		{"a reply without it", given(cart), func(s *shop) { s.cart = "{}" }, "given step 1: the reply has nothing at $.cart.id"},
		{"nobody listens", contracts.Trigger{HTTP: "POST /orders"}, func(s *shop) { s.Close() }, `Post "http://127.0.0.1:`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newShop(t)
			if tt.shop != nil {
				tt.shop(s)
			}
			if err := s.fire(t, &tt.trigger); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("%v; want %s", err, tt.want)
			}
			for _, line := range s.log {
				if tt.trigger.Given != nil && strings.Contains(line, "/orders") {
					t.Errorf("driven without what must be given: %q", s.log)
				}
			}
		})
	}
}
