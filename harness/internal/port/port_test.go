package port

import (
	"net"
	"strconv"
	"testing"
)

func TestReservedPortCanBeListenedOn(t *testing.T) {
	r, err := Reserve()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	if r.Number() < low || r.Number() > high {
		t.Fatalf("port %d is outside %d..%d", r.Number(), low, high)
	}
	ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: r.Number()})
	if err != nil {
		t.Fatal(err)
	}
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
}

// A broker that is down listens on nothing, and keeps its port.
func TestReservedPortIsPickedByNobodyElse(t *testing.T) {
	r, err := Reserve()
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := pick(r.Number()); err == nil {
		t.Fatalf("port %d was picked twice", r.Number())
	}
	r.Release()
	r.Release()
	ln, again, err := pick(r.Number())
	if err != nil {
		t.Fatal(err)
	}
	again.Release()
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestListenersGetDifferentPorts(t *testing.T) {
	seen := map[string]bool{}
	for range 50 {
		ln, r, err := Listen()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = ln.Close(); r.Release() })
		if got := ln.Addr().(*net.TCPAddr).Port; got != r.Number() {
			t.Fatalf("%d is reserved, %d listened on", r.Number(), got)
		}
		if seen[ln.Addr().String()] {
			t.Fatalf("%s was given twice", strconv.Itoa(r.Number()))
		}
		seen[ln.Addr().String()] = true
	}
}
