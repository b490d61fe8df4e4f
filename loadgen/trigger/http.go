package trigger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// maxReasons bounds the reasons that are kept apart.
const maxReasons = 256

// Client is an HTTP client for a trigger: it keeps a connection alive for
// each of inFlight requests (Go's default keeps two), follows no redirect,
// asks for no compression and uses no proxy, each of which would be in the
// latency of the service. Close its idle connections when done. It has no
// timeout of its own: the driver bounds each request.
func Client(inFlight int) *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Client{
		Transport: &http.Transport{
			DialContext:           dialer.DialContext,
			MaxIdleConns:          inFlight,
			MaxIdleConnsPerHost:   inFlight,
			IdleConnTimeout:       90 * time.Second,
			TLSHandshakeTimeout:   5 * time.Second,
			ExpectContinueTimeout: time.Second,
			DisableCompression:    true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// StatusError is a reply that was not expected; other successes are among
// them.
type StatusError struct{ Status int }

func (e StatusError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("reply %d %s", e.Status, http.StatusText(e.Status)))
}

// Refuses says whether it follows from the reply that the service did not
// act: from 4xx it does, but for 408, since the service may have begun.
func (e StatusError) Refuses() bool {
	return e.Status >= 400 && e.Status < 500 && e.Status != http.StatusRequestTimeout
}

// StepError is an error of what had to be done before the request, which was
// not made then.
type StepError struct {
	// What went wrong, such as "given step 1 was not met".
	What string
	Err  error
}

func (e *StepError) Error() string { return e.What + ": " + e.Err.Error() }

func (e *StepError) Unwrap() error { return e.Err }

// Judge is what a status says of a request, as Do returns it: nil for the
// expected one.
func Judge(status, expected int) error {
	if status == expected {
		return nil
	}
	return StatusError{status}
}

// refuses says whether an error is a reply that refuses.
func refuses(err error) bool {
	var status StatusError
	return errors.As(err, &status) && status.Refuses()
}

// cause is an error in few and stable words, which are the same for all requests
// that fail alike; its own text may name ports and ids.
func cause(err error) string {
	var (
		step    *StepError
		status  StatusError
		errno   syscall.Errno
		timeout net.Error
	)
	switch {
	case errors.As(err, &step):
		return step.What + ": " + cause(step.Err)
	case errors.As(err, &status):
		return status.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.As(err, &errno):
		return errno.Error()
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the service closed the connection"
	}
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return ofOneRequest.ReplaceAllStringFunc(err.Error(), func(text string) string {
		switch {
		case !strings.ContainsAny(text, "0123456789"):
			return text
		case text[0] == '"':
			return `"…"`
		}
		return "…"
	})
}

// ofOneRequest is what may be another text in each request: what is quoted, ids
// and numbers, if there is a digit in it.
var ofOneRequest = regexp.MustCompile(`"[^"]*"|[0-9a-fA-F-]{3,}`)
