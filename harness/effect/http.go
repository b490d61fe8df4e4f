package effect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/probe"
)

// maxReply bounds a reply.
const maxReply = 1 << 20

// OverHTTP is the source that a request to a service is, at the url where it
// listens. 204 and 404 are no effect; of 200 the reply, or what is at a place
// in it, is a number, or an array with an element for each effect. Everything
// else is an error.
func OverHTTP(at string, r probe.Request, count place.Place) *Source {
	dialer := &net.Dialer{Timeout: answerTimeout}
	transport := &http.Transport{DialContext: dialer.DialContext, MaxIdleConns: inFlight, MaxIdleConnsPerHost: inFlight, IdleConnTimeout: time.Minute}
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &Source{
		what: "effect over HTTP", question: r.String(),
		one: func(ctx context.Context, id string) (Count, error) {
			return get(ctx, client, strings.TrimSuffix(at, "/")+r.Path(id), count)
		},
		end: transport.CloseIdleConnections,
	}
}

func get(ctx context.Context, client *http.Client, address string, count place.Place) (Count, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Count{}, refuse("the service's url does not give a request")
	}
	request.Header.Set("Accept", "application/json")
	reply, err := client.Do(request)
	if err != nil {
		return Count{}, unanswered(ctx, err)
	}
	defer func() { _ = reply.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(reply.Body, maxReply+1))
	if err != nil {
		return Count{}, unanswered(ctx, err)
	}
	switch status := reply.StatusCode; {
	case status == http.StatusNoContent:
		return Count{}, nil
	case status == http.StatusNotFound:
		return Count{Absent: true}, nil
	case status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout:
		return Count{}, fmt.Errorf("the service answered %d %s", status, http.StatusText(status))
	case status != http.StatusOK:
		return Count{}, refuse("the service answered %d %s: 200 says how many effects there are, 204 and 404 that there is none", status, http.StatusText(status))
	case len(body) > maxReply:
		return Count{}, refuse("the reply is longer than %d bytes", maxReply)
	}
	n, err := number(body, count)
	return Count{N: n}, err
}

// unanswered is an error of asking, without the address, which may have a
// password.
func unanswered(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if of := (*url.Error)(nil); errors.As(err, &of) {
		err = of.Err
	}
	return fmt.Errorf("the service does not answer: %w", oneLine(err))
}

// number is how many effects a reply speaks of.
func number(body []byte, at place.Place) (int, error) {
	value, err := jsonschema.Decode(body)
	if err != nil {
		return 0, refuse("the reply is no JSON: %w", err)
	}
	where := "the reply"
	if !at.IsZero() {
		var found bool
		if value, found = at.In(value); !found {
			return 0, refuse("the reply has nothing at %s", at)
		}
		where = at.String() + " of the reply"
	}
	switch v := value.(type) {
	case []any:
		return len(v), nil
	case json.Number:
		if n, err := v.Int64(); err == nil && n >= 0 && n <= maxCount {
			return int(n), nil
		}
		return 0, refuse("%s is %s, which is no number of effects", where, v)
	}
	return 0, refuse("%s is neither a number nor an array: name the place of one by count: $.total", where)
}

// maxCount bounds what is taken for a number of effects.
const maxCount = 1 << 31
