package scenario

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/service"
)

// templateField is a text of a service that is expanded, and where it stands below
// the service.
type templateField struct {
	path document.Path
	text string
}

// told are the templates by which a service can learn something.
func (s *Service) told() (all []templateField) {
	for i, text := range s.Args {
		all = append(all, templateField{document.Path{"args", i}, text})
	}
	for i, text := range s.Command {
		all = append(all, templateField{document.Path{"command", i}, text})
	}
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		all = append(all, templateField{document.Path{"env", name}, s.Env[name]})
	}
	return all
}

// asked are the templates by which the run finds the service.
func (s *Service) asked() []templateField {
	all := []templateField{{document.Path{"url"}, s.URL}}
	if r := s.Ready; r != nil {
		all = append(all, templateField{document.Path{"ready", "tcp"}, r.TCP}, templateField{document.Path{"ready", "http"}, r.HTTP})
	}
	return all
}

var (
	namesPort = regexp.MustCompile(`\{\{[^}]*\.Port\b`)
	// meansPort also matches {{.port}} and {{.Prt}}, which are said to be wrong.
	meansPort = regexp.MustCompile(`(?i)\{\{[^}]*\.p`)
)

// portFields are the templates that name {{.Port}}.
func (s *Service) portFields() []templateField {
	return slices.DeleteFunc(slices.Concat(s.told(), s.asked()), func(t templateField) bool { return !namesPort.MatchString(t.text) })
}

// expandService expands the templates of a service; its error has all that is
// wrong with them.
func (x *execution) expandService(s *Service, index int, binary string, vars service.Vars) (service.Config, error) {
	e := &expander{Checker: document.NewLaterChecker(x.plan.Scenario.Doc), path: document.Path{"services", index}, vars: &vars}
	vars.Topic = func(name string) string {
		if x.plan.topic(name) == nil && !x.plan.blind {
			e.unknown = append(e.unknown, name)
		}
		return name
	}
	e.names = x.plan.topicNames()
	cfg := service.Config{Name: s.Name, URL: e.expand(s.URL, "url"), Env: map[string]string{}}
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		cfg.Env[name] = e.expand(s.Env[name], "env", name)
	}
	args := e.all(s.Args, "args")
	switch {
	case s.Build != "":
		cfg.Kind, cfg.Command = service.KindBuild, append([]string{binary}, args...)
	case s.Image != "":
		cfg.Kind, cfg.Image, cfg.Args, cfg.Port = service.KindImage, s.Image, args, vars.Port
	default:
		cfg.Kind, cfg.Command = service.KindCommand, e.all(s.Command, "command")
		cfg.Dir = filepath.Dir(x.plan.Scenario.Doc.File())
	}
	if s.Dir != "" {
		cfg.Dir = x.plan.Path(s.Dir)
	}
	if r := s.Ready; r != nil {
		cfg.Ready = service.Ready{TCP: e.expand(r.TCP, "ready", "tcp"), HTTP: e.expand(r.HTTP, "ready", "http"),
			Group: r.Group, Timeout: time.Duration(r.Timeout)}
		if r.Log != "" {
			re, err := regexp.Compile(r.Log)
			if err != nil {
				e.Error(BadReady, e.path.Add("ready", "log"), err.Error(), "")
			}
			cfg.Ready.Log = re
		}
	}
	e.addresses(cfg)
	if findings := e.Findings(); len(findings) > 0 {
		return cfg, &PlanError{Findings: findings}
	}
	return cfg, nil
}

// expander expands the templates of the service at path and collects what is
// wrong with them.
type expander struct {
	*document.Checker
	path document.Path
	vars *service.Vars
	// unknown are topics that the last template names and no contract does;
	// names are those that there are.
	unknown, names []string
	// failed are the fields that could not be expanded.
	failed []string
}

func (e *expander) expand(text string, field ...any) string {
	e.unknown = nil
	path := e.path.Add(field...)
	rest, broken := service.Sound(text)
	for _, wrong := range broken {
		e.wrong(path, text, wrong)
	}
	out, err := service.Expand(rest, *e.vars)
	wrong := (*service.TemplateError)(nil)
	if len(broken) > 0 || errors.As(err, &wrong) {
		e.failed, out = append(e.failed, fmt.Sprint(field...)), ""
	}
	for ; errors.As(err, &wrong); _, err = service.Expand(rest, *e.vars) {
		e.wrong(path, text, wrong)
		if rest = wrong.Without(rest); rest == "" {
			break
		}
	}
	for _, topic := range e.unknown {
		e.ErrorInside(UnknownTopic, path, max(0, strings.Index(text, topic)), "no contract of this scenario uses topic "+topic, document.Suggest(topic, e.names))
	}
	return out
}

// wrong reports a template at the place within it.
func (e *expander) wrong(path document.Path, text string, wrong *service.TemplateError) {
	message := wrong.Message
	if wrong.Line > 1 {
		message = fmt.Sprintf("line %d: %s", wrong.Line, message)
	}
	offset := max(0, wrong.Column-1)
	if wrong.Line > 1 || offset > len(text) {
		offset = 0
	}
	e.ErrorInside(BadTemplate, path, offset, message, wrong.Hint)
}

func (e *expander) all(texts []string, field string) []string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = e.expand(t, field, i)
	}
	return out
}

// addresses checks what the service's addresses have become.
func (e *expander) addresses(cfg service.Config) {
	if cfg.URL != "" && !slices.Contains(e.failed, "url") {
		if err := service.CheckURL(cfg.URL); err != nil {
			e.Error(BadReady, e.path.Add("url"), err.Error(), "write where it listens: http://127.0.0.1:{{.Port}}")
		}
	}
	if cfg.Ready.TCP != "" && !slices.Contains(e.failed, fmt.Sprint("ready", "tcp")) {
		if err := service.CheckTCP(cfg.Ready.TCP); err != nil {
			e.Error(BadReady, e.path.Add("ready", "tcp"), err.Error(), "write host:port, such as 127.0.0.1:{{.Port}}")
		}
	}
}

// port refuses a service that is looked for at a port of which nothing tells
// it. Where it may be told by what is wrong by itself, that is said alone.
func (p *preflight) port(i int, s *Service) {
	if slices.ContainsFunc(s.told(), func(t templateField) bool { return meansPort.MatchString(t.text) }) {
		return
	}
	path := document.Path{"services", i}
	for _, field := range []string{"command", "args", "env"} {
		if p.x.plan.Scenario.Doc.Failed(path.Add(field)...) || p.x.plan.Scenario.Doc.Misspelt(path, field) {
			return
		}
	}
	for _, t := range s.portFields() {
		p.ErrorInside(BadTemplate, append(slices.Clip(path), t.path...), strings.Index(t.text, "{{"),
			"nothing tells "+strconv.Quote(s.Name)+" this port, which is drawn for it", `name it where the service reads it, such as env: {PORT: "{{.Port}}"}`)
	}
}
