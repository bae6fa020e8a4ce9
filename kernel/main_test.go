package kernel_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/kernel"
)

// beKernel, in the environment of the test binary, makes it a kernel on the
// connection file that it names.
const beKernel = "KERNEL_TEST_BE_KERNEL"

// holdKernel, besides beKernel, makes it a process that starts a kernel, says
// its process id, and waits to be killed. With the value "nohup" the kernel has to
// ignore SIGHUP, else not.
const holdKernel = "KERNEL_TEST_HOLD_KERNEL"

// stallTimeout, besides beKernel, sets the StallTimeout of the kernel.
const stallTimeout = "KERNEL_TEST_STALL_TIMEOUT"

func runAsKernel() int {
	if how := os.Getenv(holdKernel); how != "" {
		// What is caught here is not ignored in children.
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
		if how == "nohup" {
			signal.Ignore(syscall.SIGHUP)
		}
		cmd := kernelCommand(os.Getenv(beKernel))
		cmd.Stdout, cmd.Stderr = nil, os.Stderr
		if err := cmd.Start(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		fmt.Println(cmd.Process.Pid)
		select {}
	}
	cfg := new(kernel.Config)
	cfg.StallTimeout, _ = time.ParseDuration(os.Getenv(stallTimeout)) // 0: the default
	status, err := kernel.Serve(context.Background(), newScript(), os.Getenv(beKernel), cfg)
	if err != nil {
		fmt.Fprintln(os.Stderr, "kernel:", err)
	}
	return status
}

// kernelCommand returns a command that runs a kernel in a process of its own.
func kernelCommand(file string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), beKernel+"="+file, holdKernel+"=", "JPY_PARENT_PID=")
	cmd.Stderr = os.Stderr
	return cmd
}

func TestMain(m *testing.M) {
	if os.Getenv(beKernel) != "" {
		os.Exit(runAsKernel())
	}
	status := m.Run()
	if status == 0 {
		if left := leaked(); left != "" {
			fmt.Fprintf(os.Stderr, "goroutines are left after the tests:\n%s\n", left)
			status = 1
		}
	}
	os.Exit(status)
}

// leaked returns the goroutines of this module that are still there. What is
// just ending is given time.
func leaked() (left string) {
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		buf := make([]byte, 1<<20)
		left = ""
		for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n")[1:] {
			if strings.Contains(g, "adrastea/") {
				left += g + "\n\n"
			}
		}
		if left == "" {
			return ""
		}
		time.Sleep(10 * time.Millisecond)
	}
	return left
}
