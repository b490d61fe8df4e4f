package trigger

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"time"
)

// maxErrors bounds the reasons that are kept apart.
const maxErrors = 256

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

// StatusError is a reply from which it does not follow whether the service
// acted.
type StatusError struct{ Status int }

func (e StatusError) Error() string {
	return fmt.Sprintf("reply %d %s", e.Status, http.StatusText(e.Status))
}

// Judge is what a status says of a request, as Do returns it: the expected
// one accepts, 4xx refuses, and anything else, other successes included, is
// a [StatusError]. 408 is one too, since the service may have begun.
func Judge(status, expected int) (accepted bool, err error) {
	switch {
	case status == expected:
		return true, nil
	case status >= 400 && status < 500 && status != http.StatusRequestTimeout:
		return false, nil
	}
	return false, StatusError{status}
}

// cause is an error in few and stable words; its own text may name ports.
func cause(err error) string {
	var (
		status  StatusError
		errno   syscall.Errno
		timeout net.Error
	)
	switch {
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
	}
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return err.Error()
}
