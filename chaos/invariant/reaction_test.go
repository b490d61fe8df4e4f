package invariant

import (
	"testing"

	"github.com/flowweir/weir/loadgen/ledger"
)

// apart gives each of two consumers a dead-letter topic of its own.
func apart(payment, inventory *Letters) func(*Flow) {
	return func(f *Flow) {
		payment.Topic, inventory.Topic = "payment.dlq", "inventory.dlq"
		f.Reactions[0].DLQ = &DLQ{Letters: payment, Preserve: []string{"key", "value"}}
		f.Reactions[1].DLQ = &DLQ{Letters: inventory, Preserve: []string{"value"}}
	}
}

// together gives both the same dead-letter topic.
func together(l *Letters) func(*Flow) {
	return func(f *Flow) {
		l.Topic = "dlq"
		unclaimed := f.Sender.Reaction(false)
		for _, r := range f.Reactions {
			r.DLQ = &DLQ{Letters: l, Unclaimed: unclaimed}
		}
	}
}

const unread = "order.events/3 was not read to its end"

func TestNoLossOfEachConsumer(t *testing.T) {
	const (
		eachHas        = "; every event has an effect or a dead letter of each of payment-service, inventory-service"
		noPayment      = "in the log, but no PaymentReceived and no dead letter of payment-service followed"
		noReservation  = "in the log, but no InventoryReserved and no dead letter of inventory-service followed"
		oneLost, twice = "1 event lost of 2 acknowledged records", "2 events lost of 2 acknowledged records"
	)
	runCases(t, NoLoss, []testCase{
		{name: "both processed all", flows: pair("areo areo"),
			want: outcome{pass, "0 of 2 acknowledged records lost" + eachHas, 2, 0, nil, nil}},
		{name: "only the first lost an effect", flows: pair("aro areo"), want: outcome{fail, oneLost, 2, 1, []string{"0#0: " + noPayment}, nil}},
		{name: "only the second lost an effect", flows: pair("areo are"), want: outcome{fail, oneLost, 2, 1, []string{"0#1: " + noReservation}, nil}},
		{name: "both, of the same event", flows: pair("areo ar"), want: outcome{fail, twice, 2, 2, []string{"0#1: " + noPayment, "0#1: " + noReservation}, nil}},
		{name: "one's dead letter does not account for the other", flows: pair("ardo areo are"),
			want: outcome{fail, "1 event lost of 3 acknowledged records", 3, 1, []string{"0#2: " + noReservation}, nil}},
		{name: "nor the other's for the one", flows: pair("arl areo"), want: outcome{fail, oneLost, 2, 1, []string{"0#0: " + noPayment}, nil}},
		{name: "each has its own dead letter", flows: pair("ardl areo"), want: outcome{pass, "0 of 2 acknowledged records lost" + eachHas, 2, 0, nil, nil}},
		{name: "nothing at all is seen of one", flows: pair("are are"), want: outcome{fail, twice, 2, 2, []string{"0#0: " + noReservation, "0#1: " + noReservation}, nil}},
		{name: "nor was it read", flows: pair("are are"), change: cutShort,
			want: outcome{inconclusive, "2 records not accounted for, but not everything was read: " + unread, 2, 0, nil, nil}},
		{name: "one declares no effect", flows: adapted(func(f *Flow) { f.Reactions[1].Effect = "" }, "are are"), want: outcome{pass,
			"0 of 2 acknowledged records lost; every event has an effect or a dead letter of payment-service", 2, 0, nil,
			[]string{"nothing shows whether inventory-service processed OrderPlaced"}}},
		{name: "neither does", flows: adapted(func(f *Flow) { f.Reactions[0].Effect, f.Reactions[1].Effect = "", "" }, "are are"), want: outcome{pass,
			"0 of 2 acknowledged records lost", 2, 0, nil, []string{"nothing shows whether OrderPlaced was processed: only the log was checked"}}},
		{name: "flows with different consumers", flows: func(l *ledger.Ledger) []*Flow {
			cancelled := flowOf(l, "are")
			cancelled.Event = "OrderCancelled"
			return []*Flow{pairOf(l, nil, "areo"), cancelled}
		}, want: outcome{pass, "0 of 2 acknowledged records lost; every event of OrderPlaced has an effect or a dead letter of each of payment-service, inventory-service" +
			"; every event of OrderCancelled has an effect or a dead letter", 2, 0, nil, nil}},

		{name: "a letter in a shared topic that names its writer", flows: adapted(together(&Letters{Seen: 1}), "areo ardo are"),
			want: outcome{fail, "1 event lost of 3 acknowledged records", 3, 1, []string{"0#2: " + noReservation}, nil}},
		{name: "a letter that names nobody fails nobody and passes nobody", flows: adapted(together(&Letters{Seen: 1}), "areo aroy"),
			want: outcome{inconclusive, "0 of 2 acknowledged records lost, but 1 event without an effect: their dead letters name no consumer, or lead back to no record", 2, 0, nil, nil}},
		{name: "it stands for no other event", flows: adapted(together(&Letters{Seen: 1}), "aro aroy"),
			want: outcome{fail, oneLost, 2, 1, []string{"0#0: " + noPayment}, nil}},
	})
}

func TestNoDuplicateEffectOfEachConsumer(t *testing.T) {
	const paid, reserved = "payment-service applied it twice: there is more than one PaymentReceived",
		"inventory-service applied it twice: there is more than one InventoryReserved"
	runCases(t, NoDuplicateEffect, []testCase{
		{name: "an effect of each is no duplicate", flows: pair("areo areo"), want: outcome{pass,
			"0 of 4 events have two effects (payment-service 0 of 2, inventory-service 0 of 2)", 4, 0, nil, nil}},
		{name: "only the first applied one twice", flows: pair("areEo areo"), want: outcome{fail,
			"1 of 4 events has two effects (payment-service 1 of 2, inventory-service 0 of 2)", 4, 1, []string{"0#0: " + paid}, nil}},
		{name: "only the second", flows: pair("areo areoO"), want: outcome{fail,
			"1 of 4 events has two effects (payment-service 0 of 2, inventory-service 1 of 2)", 4, 1, []string{"0#1: " + reserved}, nil}},
		{name: "both", flows: pair("areEoO areo"), want: outcome{fail,
			"2 of 4 events have two effects (payment-service 1 of 2, inventory-service 1 of 2)", 4, 2, []string{"0#0: " + paid, "0#0: " + reserved}, nil}},
		{name: "nothing is seen of the second", flows: pair("are are"), want: outcome{inconclusive,
			"0 of 2 events have two effects (payment-service 0 of 2, inventory-service 0 of 0), but inventory-service showed no InventoryReserved for any OrderPlaced", 2, 0, nil, nil}},
		{name: "nothing is seen of the first", flows: pair("aro"), want: outcome{inconclusive,
			"0 of 1 event have two effects (payment-service 0 of 0, inventory-service 0 of 1), but payment-service showed no PaymentReceived for any OrderPlaced", 1, 0, nil, nil}},
		{name: "nothing is seen of the second, but the first did it twice", flows: pair("areE"), want: outcome{fail,
			"1 of 1 event has two effects (payment-service 1 of 1, inventory-service 0 of 0)", 1, 1, []string{"0#0: " + paid}, nil}},
		{name: "there was nothing to see of the second", flows: pair("arel arpdl"), want: outcome{pass,
			"0 of 1 event have two effects (payment-service 0 of 1, inventory-service 0 of 0)", 1, 0, nil, nil}},
		{name: "nothing is seen of either", flows: pair("ar"), want: outcome{vacuous, "no event was seen", 0, 0, nil, nil}},
		{name: "the second declares none", flows: adapted(func(f *Flow) { f.Reactions[1].Effect = "" }, "are"),
			want: outcome{pass, "0 of 1 event have two effects", 1, 0, nil, nil}},
		{name: "drain incomplete", flows: pair("areo"), change: cutShort, want: outcome{inconclusive,
			"0 of 2 events have two effects, but not everything was read: " + unread + " (payment-service 0 of 1, inventory-service 0 of 1)", 2, 0, nil, nil}},
	})
}

func TestPerKeyOrderOfEachConsumer(t *testing.T) {
	one := func(uint16, uint64) uint64 { return 7 }
	order := func(seqs ...uint64) *Order {
		o := NewOrder(one, func(uint16, uint64) bool { return true })
		for _, seq := range seqs {
			o.See(0, seq, 0)
		}
		return o
	}
	watched := func(payment, inventory *Order) func(*ledger.Ledger) []*Flow {
		return adapted(func(f *Flow) {
			f.Order = order(0, 1)
			f.Reactions[0].EffectOrder, f.Reactions[1].EffectOrder = payment, inventory
		}, "areo areo")
	}
	runCases(t, PerKeyOrder, []testCase{
		{name: "both in order", flows: watched(order(0, 1), order(0, 1)), want: outcome{pass,
			"0 of 6 records are out of the order of their keys (the log 0 of 2, payment-service 0 of 2, inventory-service 0 of 2)", 6, 0, nil, nil}},
		{name: "only the first reversed them", flows: watched(order(1, 0), order(0, 1)), want: outcome{fail,
			"1 of 6 records is out of the order of its key (the log 0 of 2, payment-service 1 of 2, inventory-service 0 of 2)", 6, 1,
			[]string{"0#0: payment-service applied it after sequence 1 of the same key, which was sent later"}, nil}},
		{name: "only the second", flows: watched(order(0, 1), order(1, 0)), want: outcome{fail,
			"1 of 6 records is out of the order of its key (the log 0 of 2, payment-service 0 of 2, inventory-service 1 of 2)", 6, 1,
			[]string{"0#0: inventory-service applied it after sequence 1 of the same key, which was sent later"}, nil}},
		{name: "the second promises none", flows: watched(order(0, 1), nil), want: outcome{pass,
			"0 of 4 records are out of the order of their keys (the log 0 of 2, payment-service 0 of 2)", 4, 0, nil, nil}},
		{name: "neither does", flows: watched(nil, nil), want: outcome{pass, "0 of 2 records are out of the order of their keys", 2, 0, nil, nil}},
		{name: "nothing is seen of the second", flows: adapted(func(f *Flow) {
			f.Order, f.Reactions[0].EffectOrder, f.Reactions[1].EffectOrder = order(0, 1), order(0, 1), order()
		}, "are are"), want: outcome{inconclusive,
			"0 of 4 records are out of the order of their keys (the log 0 of 2, payment-service 0 of 2, inventory-service 0 of 0), " +
				"but inventory-service showed no InventoryReserved for any OrderPlaced", 4, 0, nil, nil}},
	})
}

func TestDLQCompleteOfEachConsumer(t *testing.T) {
	const noPayment, noReservation = "poison in the log, but no dead letter of payment-service in payment.dlq",
		"poison in the log, but no dead letter of inventory-service in inventory.dlq"
	both := func(seen uint64) func(*Flow) { return apart(&Letters{Seen: seen}, &Letters{Seen: seen}) }
	runCases(t, DLQComplete, []testCase{
		{name: "each has all", flows: adapted(both(2), "arpdl arpdl areo"), want: outcome{pass,
			"2 poison records in, 4 dead letters found with value kept by each of payment-service, inventory-service", 4, 0, nil, nil}},
		{name: "only the first lacks one", flows: adapted(both(2), "arpl arpdl"), want: outcome{fail,
			"1 problem with the dead letters of 2 poison records (payment-service 1 of 2, inventory-service 0 of 2)", 4, 1, []string{"0#0: " + noPayment}, nil}},
		{name: "only the second", flows: adapted(both(2), "arpdl arpd"), want: outcome{fail,
			"1 problem with the dead letters of 2 poison records (payment-service 0 of 2, inventory-service 1 of 2)", 4, 1, []string{"0#1: " + noReservation}, nil}},
		{name: "the second applied poison", flows: adapted(both(1), "arpdlo"), want: outcome{fail,
			"1 problem with the dead letters of 1 poison record (payment-service 0 of 1, inventory-service 1 of 1)", 2, 1,
			[]string{"0#0: poison, but inventory-service applied it: InventoryReserved followed"}, nil}},
		{name: "the second altered one", flows: adapted(apart(&Letters{Seen: 1},
			&Letters{Seen: 1, Altered: wrong(Letter{Ref{0, 0}, 2, 17, "the key is missing", "inventory-service"})}), "arpdl"), want: outcome{fail,
			"1 problem with the dead letters of 1 poison record (payment-service 0 of 1, inventory-service 1 of 1)", 2, 1,
			[]string{"0#0: dead letter of inventory-service at inventory.dlq/2@17: the key is missing"}, nil}},
		{name: "the second wrote one twice, and only it promised not to", flows: adapted(func(f *Flow) {
			both(2)(f)
			f.Reactions[1].DLQ.ExactlyOnce = true
		}, "arpdDlL"), want: outcome{fail,
			"1 problem with the dead letters of 1 poison record (payment-service 0 of 1, inventory-service 1 of 1)", 2, 1,
			[]string{"0#0: more than one dead letter of inventory-service in inventory.dlq, which promises exactly-once"},
			[]string{"1 dead letter of OrderPlaced repeated by payment-service in payment.dlq: legal under at-least-once"}}},
		{name: "the second has no dead-letter topic", flows: adapted(func(f *Flow) {
			both(1)(f)
			f.Reactions[1].DLQ = nil
		}, "arpd areo"), want: outcome{pass, "1 poison record in, 1 dead letter found with key, value kept", 1, 0, nil, nil}},
		{name: "the second's were not read", flows: adapted(both(1), "arpd"), change: cutShort, want: outcome{inconclusive,
			"1 poison record without a dead letter, but not everything was read: " + unread, 2, 0, nil, nil}},

		{name: "one topic, letters that name their writers", flows: adapted(together(&Letters{Seen: 2}), "arpdl"),
			want: outcome{pass, "1 poison record in, 2 dead letters found by each of payment-service, inventory-service", 2, 0, nil, nil}},
		{name: "one topic, one of them missing", flows: adapted(together(&Letters{Seen: 1}), "arpl"), want: outcome{fail,
			"1 problem with the dead letters of 1 poison record (payment-service 1 of 1, inventory-service 0 of 1)", 2, 1,
			[]string{"0#0: poison in the log, but no dead letter of payment-service in dlq"}, nil}},
		{name: "one topic, a letter that names nobody", flows: adapted(together(&Letters{Seen: 3}), "arpdl arply"), want: outcome{inconclusive,
			"2 poison records in, 3 dead letters found, but whose they are is not known of 1: write the consumer's group or service into a header of the letter", 4, 0, nil, nil}},
		{name: "one topic, both letters name nobody", flows: adapted(together(&Letters{Seen: 2}), "arpyy"), want: outcome{inconclusive,
			"1 poison record in, 2 dead letters found, but whose they are is not known of 2: write the consumer's group or service into a header of the letter", 2, 0, nil, nil}},
		{name: "one topic, a letter that names nobody and stands for no other", flows: adapted(together(&Letters{Seen: 1}), "arpl arply"), want: outcome{fail,
			"1 problem with the dead letters of 2 poison records (payment-service 1 of 2, inventory-service 0 of 2)", 4, 1,
			[]string{"0#0: poison in the log, but no dead letter of payment-service in dlq"}, nil}},
	})
}
