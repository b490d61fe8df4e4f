package gate_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/deployment"
	"github.com/flowweir/weir/contracts/gate"
	"github.com/flowweir/weir/contracts/source"
	"github.com/flowweir/weir/contracts/workspace"
)

// A pipeline asks whether its version can go to production, where nobody under
// contract sends what it reads.
func Example() {
	dir, err := os.MkdirTemp("", "shop")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	const contract = `weir: contract/v1
service: {name: billing}
consumes:
  - {event: com.acme.OrderPlaced, topic: orders, group: billing, needs: [$.id]}
`
	if err := os.WriteFile(dir+"/weir.yaml", []byte(contract), 0o644); err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	w, _ := workspace.Open(dir)
	store := w.Deployments()
	if _, err := store.Record(ctx, "prod", deployment.Deployment{Service: "mailer", Version: "7", At: time.Now()}); err != nil {
		fmt.Println(err)
		return
	}
	c, _ := contracts.Load(source.Host(), dir+"/weir.yaml")

	question := gate.Question{Candidates: []gate.Candidate{{Version: "3.3", Contract: c}}, Workspace: w, Now: time.Now()}
	question.Environment, question.Found, err = store.Read(ctx, "prod")
	if err != nil {
		fmt.Println(err)
		return
	}
	question.FS = question.Environment.FS(source.Host())
	answer, err := gate.Ask(question)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(answer.Sentence)
	// Output:
	// unknown: whether billing 3.3 can go to prod for the first time is not known: nobody there is known to send com.acme.OrderPlaced; mailer 7 has no contract
}
