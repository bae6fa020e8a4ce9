package client_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"slices"

	"github.com/adrastea-kernel/adrastea/client"
	"github.com/adrastea-kernel/adrastea/jupyter"
)

// exampleSpec is the kernelspec of a kernel made of this test binary, so that
// the examples run anywhere. A program would write
//
//	spec, err := jupyter.FindKernelSpec("adrastea")
func exampleSpec() *jupyter.KernelSpec {
	self, err := os.Executable()
	if err != nil {
		log.Fatal(err)
	}
	return &jupyter.KernelSpec{
		Argv:          []string{self, "{connection_file}"},
		Env:           map[string]string{modeVariable: "words"},
		InterruptMode: jupyter.InterruptByMessage,
	}
}

// Start a kernel, run code, show what it prints and what it is worth.
func Example() {
	ctx := context.Background()
	c, err := client.Start(ctx, exampleSpec(), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	reply, err := c.Execute(ctx, "print hello", &client.ExecuteOptions{
		Output: func(m *jupyter.Message) {
			switch v, _ := m.Parse(); v := v.(type) {
			case *jupyter.Stream:
				fmt.Print(v.Text)
			case *jupyter.ExecuteResult:
				fmt.Println(v.Data["text/plain"])
			}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(reply.Status)
	if err := c.Shutdown(ctx); err != nil {
		log.Fatal(err)
	}
	// Output:
	// hello
	// ok
}

// Answer the questions of the code.
func ExampleClient_Execute_input() {
	ctx := context.Background()
	c, err := client.Start(ctx, exampleSpec(), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	_, err = c.Execute(ctx, "greet", &client.ExecuteOptions{
		Input: func(_ context.Context, q *jupyter.InputRequest) (string, error) {
			fmt.Println(q.Prompt)
			return "Ada", nil
		},
		Output: func(m *jupyter.Message) {
			if s, err := jupyter.Decode[jupyter.Stream](m); err == nil {
				fmt.Print(s.Text)
			}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// who?
	// hello, Ada
}

// Interrupt code that runs too long.
func ExampleClient_Interrupt() {
	ctx := context.Background()
	c, err := client.Start(ctx, exampleSpec(), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	reply, err := c.Execute(ctx, "loop", &client.ExecuteOptions{
		Output: func(m *jupyter.Message) {
			if m.Header.MsgType != jupyter.TypeStream {
				return
			}
			if err := c.Interrupt(ctx); err != nil {
				log.Fatal(err)
			}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(reply.Status, reply.EName)
	// Output: error KeyboardInterrupt
}

// Debug a program: it stops, is asked, and goes on.
func ExampleClient_Debug() {
	ctx := context.Background()
	stopped := make(chan json.RawMessage, 1)
	c, err := client.Start(ctx, exampleSpec(), &client.Config{
		DebugEvent: func(event string, body json.RawMessage) {
			if event == "stopped" {
				stopped <- body
			}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	done := make(chan error, 1)
	go func() {
		_, err := c.Execute(ctx, "stop", nil)
		done <- err
	}()
	fmt.Printf("stopped: %s\n", <-stopped)
	body, err := c.Debug(ctx, "evaluate", map[string]any{"expression": "x"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("evaluate: %s\n", body)
	if _, err := c.Debug(ctx, "continue", nil); err != nil {
		log.Fatal(err)
	}
	fmt.Println(<-done)
	// Output:
	// stopped: {"reason":"breakpoint"}
	// evaluate: {"expression":"x"}
	// <nil>
}

// Run code beside other code, in a subshell.
func ExampleClient_CreateSubshell() {
	ctx := context.Background()
	c, err := client.Start(ctx, exampleSpec(), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	if !slices.Contains(c.Info().SupportedFeatures, jupyter.FeatureSubshells) {
		log.Fatal("this kernel has no subshells")
	}
	id, err := c.CreateSubshell(ctx)
	if err != nil {
		log.Fatal(err)
	}
	looping := make(chan struct{})
	done := make(chan error, 1)
	go func() {
		_, err := c.Execute(ctx, "loop", &client.ExecuteOptions{
			Output: func(m *jupyter.Message) {
				if m.Header.MsgType == jupyter.TypeStream {
					close(looping)
				}
			},
		})
		done <- err
	}()
	<-looping
	_, err = c.Execute(ctx, "print beside", &client.ExecuteOptions{
		SubshellID: id,
		Output: func(m *jupyter.Message) {
			if s, err := jupyter.Decode[jupyter.Stream](m); err == nil {
				fmt.Print(s.Text)
			}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := c.Interrupt(ctx); err != nil {
		log.Fatal(err)
	}
	fmt.Println(<-done)
	// Output:
	// beside
	// <nil>
}

// Open a comm, as a widget does, and hear what the kernel answers.
func ExampleClient_OpenComm() {
	ctx := context.Background()
	c, err := client.Start(ctx, exampleSpec(), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	answers := make(chan string)
	comm, err := c.OpenComm(ctx, &client.CommOpening{
		Target: "echo",
		Data:   map[string]any{"value": 1},
	}, &client.CommHandler{
		Message: func(m *client.CommMessage) { answers <- string(m.Data) },
		Close:   func(m *client.CommMessage) { close(answers) },
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := comm.Send(ctx, map[string]any{"value": 2}, nil); err != nil {
		log.Fatal(err)
	}
	if err := comm.Send(ctx, map[string]any{"close": true}, nil); err != nil {
		log.Fatal(err)
	}
	for answer := range answers {
		fmt.Println(answer)
	}
	// Output:
	// {"as":{},"opened":{"value":1}}
	// {"value":2}
}

// Join a kernel that a notebook has started: its connection file is in Jupyter's
// runtime directory.
func ExampleAttach() {
	ctx := context.Background()
	conn, err := jupyter.ReadConnectionFile("kernel-4242.json")
	if err != nil {
		log.Fatal(err)
	}
	c, err := client.Attach(ctx, conn, &client.Config{
		Message: func(m *jupyter.Message) {
			fmt.Println("the notebook's:", m.Header.MsgType)
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close() // the kernel goes on
	<-c.Done()      // until the kernel ends
	fmt.Println(c.Err())
}
