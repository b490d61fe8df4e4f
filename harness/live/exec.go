package live

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/source"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/loadgen/identity"
)

// The environment that a trigger by exec gets beside this process's.
const (
	envID        = "WEIR_ID"
	envURL       = "WEIR_URL"
	envBootstrap = "WEIR_BOOTSTRAP"
)

// maxOutput bounds what an error shows of a program's output, in bytes.
const maxOutput = 400

// byExec runs the program of a trigger in the directory of the contract, no
// shell between. Its arguments and its body, which is its standard input, are
// templates with {{.id}}, {{.bootstrap}}, {{.url}} and what given steps have
// saved; its environment has the first three in WEIR_ID, WEIR_BOOTSTRAP and
// WEIR_URL.
func (f *Flow) byExec(c *contracts.Contract, p *contracts.Produces) driver {
	return func(ctx context.Context, call Call, d *Driven) error {
		id := f.NewID()
		vars := f.vars(id, call.URL)
		if err := scenario.Given(ctx, c, p.Trigger, call.URL, vars, f.meet(c, call)); err != nil {
			return err
		}
		if p.Trigger.ID != "" {
			d.Follows = LeadsBackTo(&Record{Attributes: envelope.Attributes{ID: id.String()}})
		}
		input, err := execInput(c, p.Trigger, vars)
		if err != nil {
			return err
		}
		_, err = execute(ctx, c, program{"the trigger", p.Trigger.Exec, input, p.Trigger.Expect}, vars)
		return err
	}
}

// vars are what the templates of a trigger and of its steps name.
func (f *Flow) vars(id identity.EventID, url string) map[string]any {
	return map[string]any{"id": id.String(), "seq": id.Sequence, "bootstrap": strings.Join(f.cfg.Cluster.Bootstrap(), ","), "url": url}
}

// meet meets a step of a trigger that is no HTTP request: a program, from whose
// standard output it saves, an event or a Go function.
func (f *Flow) meet(c *contracts.Contract, call Call) scenario.Meet {
	return func(ctx context.Context, step contracts.Step, vars map[string]any) error {
		// What the step saves goes to the caller, and nothing else does.
		all := f.vars(identity.EventID{}, call.URL)
		maps.Copy(all, vars)
		switch {
		case step.Event != "":
			if step.Body != "" || len(step.Headers) > 0 {
				return fmt.Errorf("body and headers of a step by event are not built: %s is made from its own contract", step.Event)
			}
			_, err := f.Produce(ctx, step.Event)
			return err
		case step.Go != "":
			do := f.cfg.Triggers.Events[step.Go]
			if do == nil {
				return &NoTriggerError{fmt.Sprintf("it names the Go function %q: %s", step.Go, f.cfg.Advice.trigger(step.Go))}
			}
			return do(ctx, call)
		}
		input, err := bodyOf(c, step.Body, all)
		if err != nil {
			return err
		}
		reply, err := execute(ctx, c, program{"the program", step.Exec, input, step.Expect}, all)
		if err != nil {
			return err
		}
		return scenario.Save(step.Save, reply, vars)
	}
}

// program is what an exec of a contract runs.
type program struct {
	// what it is called in errors.
	what   string
	argv   []string
	input  []byte
	expect int
}

// execute runs a program to its end, judges how it ended, and answers its standard
// output.
func execute(ctx context.Context, c *contracts.Contract, p program, vars map[string]any) ([]byte, error) {
	argv, err := expandAll(p.argv, vars)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = filepath.FromSlash(filepath.Dir(c.Doc.File()))
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%v", envID, vars["id"]), fmt.Sprintf("%s=%v", envURL, vars["url"]), fmt.Sprintf("%s=%v", envBootstrap, vars["bootstrap"]))
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(p.input), &stdout, &stderr
	cmd.WaitDelay = time.Second
	err = cmd.Run()
	return stdout.Bytes(), judgeExit(p.what+" "+argv[0], p.expect, stdout.String()+stderr.String(), err)
}

// judgeExit compares how a program ended with what is expected of it.
func judgeExit(program string, expect int, output string, err error) error {
	code := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() >= 0 {
		code = exit.ExitCode()
	} else if err != nil {
		return fmt.Errorf("%s: %w", program, err)
	}
	if code == expect {
		return nil
	}
	said := ""
	if text := strings.TrimSpace(output); text != "" {
		said = ":\n" + text[max(0, len(text)-maxOutput):]
	}
	return fmt.Errorf("%s ended with exit code %d, wanted %d%s", program, code, expect, said)
}

// bodyOf is the body of a trigger or a step, filled in; nil for none.
func bodyOf(c *contracts.Contract, file string, vars map[string]any) ([]byte, error) {
	if file == "" {
		return nil, nil
	}
	text, err := fs.ReadFile(source.Host(), c.Resolve(file))
	if err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	expanded, err := expand(string(text), vars)
	return []byte(expanded), err
}

// execInput is the body of a trigger, with the identity in it where the
// contract says so.
func execInput(c *contracts.Contract, t *contracts.Trigger, vars map[string]any) ([]byte, error) {
	expanded, err := bodyOf(c, t.Body, vars)
	at, inBody := strings.CutPrefix(t.ID, "body:")
	if err != nil || !inBody || t.Body == "" {
		return expanded, err
	}
	p, err := place.Parse(at)
	if err != nil {
		return nil, fmt.Errorf("id: %w", err)
	}
	doc, err := jsonschema.Decode(expanded)
	if err != nil {
		return nil, fmt.Errorf("the body is no JSON to put %s into: %w", p, err)
	}
	if err := p.Set(doc, vars["id"]); err != nil {
		return nil, err
	}
	return json.Marshal(doc)
}

func expandAll(texts []string, vars map[string]any) ([]string, error) {
	out := make([]string, len(texts))
	for i, text := range texts {
		var err error
		if out[i], err = expand(text, vars); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func expand(text string, vars map[string]any) (string, error) {
	t, err := contracts.ParseTemplate(text)
	if err != nil {
		return "", err
	}
	filled, err := t.Fill(vars)
	return string(filled), err
}
