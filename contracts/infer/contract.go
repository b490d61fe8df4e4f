package infer

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/flowweir/weir/contracts"
)

// head writes the beginning of a contract.
func (l *lines) head(source, service string) {
	l.comment(0, "Written by weir init from "+source+".")
	l.comment(0, "Confirm what is marked, and fill in or remove what is only a comment.")
	l.field(0, "weir", contracts.Version, "")
	l.line(0, "service:", "")
	l.field(1, "name", service, "")
	l.comment(1, "owner: the team that answers for it")
}

// facts writes what is known of a topic. A fact that would make the contract
// contradict itself is a comment: it is for people to say which side is wrong.
func (l *lines) facts(topic string, t *contracts.Topic, keyed bool) {
	if t == nil {
		l.comment(0, "topics: the partitions, replication and retention of "+topic)
		return
	}
	l.line(0, "topics:", "")
	l.line(1, scalar(topic)+":", "")
	number := func(name string, n int) {
		if n > 0 {
			l.line(2, name+": "+strconv.Itoa(n), "")
		}
	}
	number("partitions", t.Partitions)
	number("replication", t.Replication)
	if t.Retention > 0 {
		l.line(2, "retention: "+t.Retention.String(), "")
	}
	var settings, doubts []string
	for _, name := range sortedNames(t.Config) {
		value := t.Config[name]
		setting := scalar(name) + ": " + scalar(value)
		doubt := ""
		switch least, err := strconv.Atoi(value); {
		case name == "cleanup.policy" && strings.Contains(value, "compact") && !keyed:
			doubt = "a compacted topic needs a key of every event"
		case name == "min.insync.replicas" && err == nil && least > t.Replication:
			doubt = "more than there are replicas: no write with acks: all succeeds"
		}
		if doubt != "" {
			doubts = append(doubts, "config: "+setting+", "+doubt)
			continue
		}
		settings = append(settings, setting)
	}
	if len(settings) > 0 {
		l.line(2, "config:", "")
	}
	for _, setting := range settings {
		l.line(3, setting, "")
	}
	for _, doubt := range doubts {
		l.comment(2, doubt)
	}
}

// subject writes a schema of a registry.
func (l *lines) subject(depth int, subject, framing, comment string) {
	l.line(depth, "registry:", "")
	l.field(depth+1, "subject", subject, "")
	l.field(depth+1, "version", "latest", "")
	l.field(depth, "wire", framing, comment)
}

// rest writes what the entry of an event has no value for.
func (l *lines) rest(compatibility string) {
	l.comment(2, "ordering: per-key, if consumers may rely on the order of one key's events")
	if compatibility == "" {
		l.comment(2, "compatibility: backward, forward or full, what new versions of the schema are held to")
	} else {
		l.field(2, "compatibility", compatibility, "")
	}
	l.comment(2, "trigger: how a test makes the service emit the event")
}

// kind writes the line after an event's name.
func (l *lines) kind() {
	l.comment(2, "kind: "+strings.Join([]string{
		contracts.KindDomain, contracts.KindIntegration, contracts.KindNotification, contracts.KindStateTransfer, contracts.KindCommand,
	}, ", "))
}

// checkService refuses what can be no service's name.
func checkService(name string) error {
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != "" || strings.ContainsAny(name[:1], "._-") {
		return inputError("use letters, digits, '.', '_' and '-': --service order-service", "%q is no name of a service", name)
	}
	return nil
}

// checkEvent refuses what no contract can name.
func checkEvent(name string) error {
	if strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == 0x7f }) || strings.ContainsAny(name, "\u0085\u00a0\u2028\u2029") {
		return inputError("name it like com.acme.order.OrderPlaced", "the event %s has white space in its name", fmt.Sprintf("%q", name))
	}
	return nil
}
