package gate

import (
	"fmt"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/deployment"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/contracts/workspace"
	"github.com/flowweir/weir/reports/finding"
)

// senders looks for who sends each event that a candidate reads.
func (a *asking) senders(n *party) {
	for i := range n.contract.Consumes {
		in := &n.contract.Consumes[i]
		if in.Event == "" {
			continue
		}
		everywhere, here := a.sendersOf(in, a.after())
		switch {
		case len(here) > 0:
			a.leaving(n, i, here)
		case len(everywhere) > 0:
			a.mismatch(n, i, everywhere[0])
		default:
			a.unsent(n, i)
		}
	}
}

// sendersOf are those of some parties that send what is read, and those of
// them that send it where it is read.
func (a *asking) sendersOf(in *contracts.Consumes, parties []*party) (everywhere, here []*party) {
	for _, p := range parties {
		if p.sends(in.Event) {
			everywhere = append(everywhere, p)
		}
		if a.sendsTo(p, in) {
			here = append(here, p)
		}
	}
	return everywhere, here
}

// leaving reports an event that is sent only by versions that a rolling
// deployment is about to replace with ones that do not send it.
func (a *asking) leaving(n *party, i int, here []*party) {
	var last *party
	for _, p := range here {
		next := a.withoutEvent(p, &n.contract.Consumes[i])
		if next == nil {
			return
		}
		last = next
	}
	f := a.absence(n, i)
	f.Message = fmt.Sprintf("%s reads %s, which %s, live beside the version that sends it, does not send", n, n.contract.Consumes[i].Event, last)
	if !a.waived(f, n.contract) {
		a.byPolicy(f, fmt.Sprintf("%s does not send %s", last, n.contract.Consumes[i].Event))
	}
}

// withoutEvent is another live version of a sender's service that does not
// send what is read, nil without one.
func (a *asking) withoutEvent(sender *party, in *contracts.Consumes) *party {
	for _, p := range a.others {
		if p.service == sender.service && !a.sendsTo(p, in) {
			return p
		}
	}
	return nil
}

// mismatch reports that a consumer reads where nobody sends, though somebody
// sends elsewhere.
func (a *asking) mismatch(reader *party, i int, writer *party) {
	in := &reader.contract.Consumes[i]
	f := finding.Finding{
		ID: rules.TopicMismatch, Severity: finding.Error, Position: reader.contract.Doc.Position("consumes", i, "event"),
		Message: fmt.Sprintf("%s reads %s by %s, and %s sends it elsewhere", reader, in.Event, in.Channel(), writer),
	}
	for j := range writer.contract.Produces {
		if out := &writer.contract.Produces[j]; out.Event == in.Event {
			if at := writer.contract.Doc.Position("produces", j, "event"); at != nil {
				f.Related = append(f.Related, finding.Related{Position: *at, Message: fmt.Sprintf("%s sends it by %s", writer, out.Channel())})
			}
		}
	}
	if !a.waived(f, reader.contract) {
		a.no(f, breach{reader, writer, reads})
	}
}

func (a *asking) absence(n *party, i int) finding.Finding {
	return finding.Finding{
		ID: SenderAbsent, Position: n.contract.Doc.Position("consumes", i, "event"),
		Hint: "deploy its producer first; or list who sends it under uncontracted: known",
	}
}

// unsent reports an event that nobody in the environment is known to send.
func (a *asking) unsent(n *party, i int) {
	event := n.contract.Consumes[i].Event
	f := a.absence(n, i)
	if known := a.Workspace.KnownProducer(event); known != "" {
		f.Severity, f.Hint = finding.Info, ""
		f.Message = fmt.Sprintf("%s reads %s, which %s sends, known to have no contract", n, event, known)
		a.findings = append(a.findings, f)
		return
	}
	f.Message = fmt.Sprintf("%s reads %s, which nobody in %s is known to send", n, event, a.Environment.Name)
	for _, m := range a.Workspace.Members {
		if m.Producer(event) != nil && !a.replaced(m.Service.Name) {
			f.Hint = fmt.Sprintf("%[1]s sends it: deploy it first, or ask for both with --also %[1]s@VERSION", m.Service.Name)
			break
		}
	}
	if !a.waived(f, n.contract) {
		a.byPolicy(f, "nobody there is known to send "+event)
	}
}

// withdrawn looks for what live services read and nobody sends any more.
func (a *asking) withdrawn() {
	for _, reader := range a.others {
		for i := range reader.contract.Consumes {
			in := &reader.contract.Consumes[i]
			if _, here := a.sendersOf(in, a.after()); len(here) > 0 {
				continue
			}
			elsewhere, _ := a.sendersOf(in, a.news)
			if _, before := a.sendersOf(in, a.olds); len(elsewhere) > 0 {
				a.mismatch(reader, i, elsewhere[0])
			} else if len(before) > 0 {
				a.withdraws(reader, i, before[0])
			}
		}
	}
}

func (a *asking) withdraws(reader *party, i int, before *party) {
	event := reader.contract.Consumes[i].Event
	n := a.successor(before)
	f := finding.Finding{
		ID: EventWithdrawn, Severity: finding.Error, Position: reader.contract.Doc.Position("consumes", i, "event"),
		Message: fmt.Sprintf("%s reads %s, which %s does not send any more, nor does anybody else in %s", reader, event, n, a.Environment.Name),
		Hint:    "send it until nobody reads it any more",
	}
	for j, out := range before.contract.Produces {
		if at := before.contract.Doc.Position("produces", j, "event"); out.Event == event && at != nil {
			f.Related = append(f.Related, finding.Related{Position: *at, Message: fmt.Sprintf("%s sends it here", before)})
		}
	}
	if !a.waived(f, reader.contract) {
		a.no(f, breach{reader, n, reads})
	}
}

// successor is the candidate that replaces a live version.
func (a *asking) successor(old *party) *party {
	for _, n := range a.news {
		if n.service == old.service {
			return n
		}
	}
	return a.news[0]
}

// uncontracted reports live services without a contract that may read or send
// the candidates' events.
func (a *asking) uncontracted() {
	for _, v := range a.Environment.Live() {
		if !v.Uncontracted || a.again(v) {
			continue
		}
		f := finding.Finding{ID: Uncontracted, Position: v.Record()}
		known := a.Workspace.Known(v.Service)
		switch {
		case a.replaced(v.Service):
			f.Severity, f.Message = finding.Info, fmt.Sprintf("%s was recorded without a contract, so it is not compared with the version that replaces it", v)
			a.findings = append(a.findings, f)
		case known == nil:
			f.Message = fmt.Sprintf("%s was recorded without a contract: whether it reads or sends what %s does is not known", v, a.news[0])
			f.Hint = "list what it produces and consumes under uncontracted: known in " + workspace.FileName + ", or give it a contract"
			a.byPolicy(f, fmt.Sprintf("%s has no contract", v))
		default:
			a.known(v, known, f)
		}
	}
}

// known reports what the workspace knows to lie between a service without a
// contract and the candidates.
func (a *asking) known(v *deployment.LiveVersion, known *workspace.Known, f finding.Finding) {
	f.Severity = finding.Info
	for _, n := range a.news {
		for _, out := range n.contract.Produces {
			if known.Reads(out.Event) {
				f.Message = fmt.Sprintf("%s reads %s of %s, and is known to have no contract", v, out.Event, n)
				a.findings = append(a.findings, f)
			}
		}
		for _, in := range n.contract.Consumes {
			if known.Sends(in.Event) {
				f.Message = fmt.Sprintf("%s sends %s to %s, and is known to have no contract", v, in.Event, n)
				a.findings = append(a.findings, f)
			}
		}
	}
}
