package port

import (
	"net"
	"testing"
)

func TestFreePortCanBeListenedOn(t *testing.T) {
	p, err := Free()
	if err != nil {
		t.Fatal(err)
	}
	if p < low || p > high {
		t.Fatalf("port %d is outside %d..%d", p, low, high)
	}
	ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: p})
	if err != nil {
		t.Fatal(err)
	}
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestListenersGetDifferentPorts(t *testing.T) {
	seen := map[string]bool{}
	for range 50 {
		ln, err := Listen()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = ln.Close() })
		if seen[ln.Addr().String()] {
			t.Fatalf("%s was given twice", ln.Addr())
		}
		seen[ln.Addr().String()] = true
	}
}
