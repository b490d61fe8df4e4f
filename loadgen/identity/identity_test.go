package identity_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/flowweir/weir/loadgen/identity"
)

func TestHeaderRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := identity.Record{
			Run:      rapid.Uint64Range(0, 1<<48-1).Draw(t, "run"),
			Sender:   rapid.Uint16().Draw(t, "sender"),
			Sequence: rapid.Uint64Range(0, 1<<40-1).Draw(t, "sequence"),
			Due:      time.Unix(0, rapid.Int64Range(0, 1<<62).Draw(t, "due")),
		}
		got, ok := identity.ParseHeader(want.AppendHeader(nil))
		if !ok || got != want {
			t.Fatalf("got %+v, %v; want %+v", got, ok, want)
		}
	})
}

func TestEventIDRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := identity.EventID{
			Run:      rapid.Uint64Range(0, 1<<48-1).Draw(t, "run"),
			Sender:   rapid.Uint16().Draw(t, "sender"),
			Sequence: rapid.Uint64Range(0, 1<<40-1).Draw(t, "sequence"),
		}
		text := want.String()
		u, err := uuid.Parse(text)
		if err != nil || u.Version() != 8 || u.Variant() != uuid.RFC4122 {
			t.Fatalf("%s is no UUID of version 8: %v", text, err)
		}
		got, ok := identity.ParseEventID([]byte(text))
		if !ok || got != want {
			t.Fatalf("got %+v, %v; want %+v", got, ok, want)
		}
		found, ok := identity.Find(want.Run, []byte(`{"order_id":"`+text+`"}`))
		if !ok || found != want {
			t.Fatalf("found %+v, %v in a document; want %+v", found, ok, want)
		}
	})
}

func TestForeignIDsAreNotOurs(t *testing.T) {
	for range 10_000 {
		if e, ok := identity.ParseEventID([]byte(uuid.NewString())); ok {
			t.Fatalf("a random UUID was taken for %+v", e)
		}
	}
	ours := identity.EventID{Run: 7, Sender: 1, Sequence: 42}
	if _, ok := identity.Find(8, []byte(ours.String())); ok {
		t.Fatal("an id of another run was found")
	}
	if _, ok := identity.ParseHeader([]byte("short")); ok {
		t.Fatal("a foreign header was parsed")
	}
}
