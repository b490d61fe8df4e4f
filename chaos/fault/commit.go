package fault

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/flowweir/weir/chaos/proxy"
)

// commits are the requests by which consumers say how far they are, alone or
// within a transaction.
var commits = []kmsg.Key{kmsg.OffsetCommit, kmsg.TxnOffsetCommit}

// commitLook is how often the injector looks for a commit that is held.
const commitLook = 2 * time.Millisecond

// awaitCommit holds the service's next commit on its way to the broker and
// returns when there is one, or an error when the load ends before.
func (in *Injector) awaitCommit(ctx context.Context, s *injection) error {
	service := s.fault.Target.Service
	held, err := in.cfg.Spoil(proxy.Rule{Door: service, Keys: commits, Cut: proxy.Requests})
	if err != nil {
		return err
	}
	for held.Effects().Held == 0 {
		if !in.sleepUntil(ctx, in.cfg.Now()+commitLook) {
			held.Remove()
			s.result.Evidence = append(s.result.Evidence, fmt.Sprintf("%s sent no commit from %s until the load ended", service, s.due))
			return ctx.Err()
		}
	}
	s.spoiled = held
	s.result.Evidence = append(s.result.Evidence, fmt.Sprintf("%s had sent a commit, which never reached the broker", service))
	return nil
}

// loseCommit drops the connections of a service that has crashed, with what
// is held on them, before the hold ends.
func (in *Injector) loseCommit(s *injection) error {
	if s.spoiled == nil {
		return nil
	}
	defer s.spoiled.Remove()
	reset, err := in.cfg.Spoil(proxy.Rule{Door: s.fault.Target.Service, Reset: true})
	if err != nil {
		return err
	}
	reset.Remove()
	return nil
}
