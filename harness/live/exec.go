package live

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/source"
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
// templates with {{.id}}, {{.bootstrap}} and {{.url}}; its environment has the
// same in WEIR_ID, WEIR_BOOTSTRAP and WEIR_URL.
func (f *Flow) byExec(c *contracts.Contract, p *contracts.Produces) driver {
	return func(ctx context.Context, call Call, d *Driven) error {
		id := f.NewID().String()
		vars := map[string]string{"id": id, "bootstrap": strings.Join(f.cfg.Cluster.Bootstrap(), ","), "url": call.URL}
		argv, err := expandAll(p.Trigger.Exec, vars)
		if err != nil {
			return err
		}
		input, err := execInput(c, p.Trigger, vars)
		if err != nil {
			return err
		}
		if p.Trigger.ID != "" {
			d.Follows = LeadsBackTo(&Record{Attributes: envelope.Attributes{ID: id}})
		}
		cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
		cmd.Dir = filepath.FromSlash(filepath.Dir(c.Doc.File()))
		cmd.Env = append(os.Environ(), envID+"="+id, envURL+"="+call.URL, envBootstrap+"="+vars["bootstrap"])
		cmd.Stdin = bytes.NewReader(input)
		cmd.WaitDelay = time.Second
		output, err := cmd.CombinedOutput()
		return judgeExit(argv[0], p.Trigger.Expect, output, err)
	}
}

// judgeExit compares how a program ended with what is expected of it.
func judgeExit(program string, expect int, output []byte, err error) error {
	code := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() >= 0 {
		code = exit.ExitCode()
	} else if err != nil {
		return fmt.Errorf("the trigger %s: %w", program, err)
	}
	if code == expect {
		return nil
	}
	said := ""
	if text := strings.TrimSpace(string(output)); text != "" {
		said = ":\n" + text[max(0, len(text)-maxOutput):]
	}
	return fmt.Errorf("the trigger %s ended with exit code %d, wanted %d%s", program, code, expect, said)
}

// execInput is the body of a trigger, with the identity in it where the
// contract says so.
func execInput(c *contracts.Contract, t *contracts.Trigger, vars map[string]string) ([]byte, error) {
	if t.Body == "" {
		return nil, nil
	}
	text, err := fs.ReadFile(source.Host(), c.Resolve(t.Body))
	if err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	expanded, err := expand(string(text), vars)
	at, inBody := strings.CutPrefix(t.ID, "body:")
	if err != nil || !inBody {
		return []byte(expanded), err
	}
	p, err := place.Parse(at)
	if err != nil {
		return nil, fmt.Errorf("id: %w", err)
	}
	decoder := json.NewDecoder(strings.NewReader(expanded))
	decoder.UseNumber()
	var doc any
	if err := decoder.Decode(&doc); err != nil {
		return nil, fmt.Errorf("the body is no JSON to put %s into: %w", p, err)
	}
	if err := p.Set(doc, vars["id"]); err != nil {
		return nil, err
	}
	return json.Marshal(doc)
}

func expandAll(texts []string, vars map[string]string) ([]string, error) {
	out := make([]string, len(texts))
	for i, text := range texts {
		var err error
		if out[i], err = expand(text, vars); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func expand(text string, vars map[string]string) (string, error) {
	t, err := template.New("trigger").Option("missingkey=error").Parse(text)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = t.Execute(&b, vars)
	return b.String(), err
}
