package main

import "testing"

// TestAPromptIsInterruptedBeforeItsCode, whichever of them came first.
func TestAPromptIsInterruptedBeforeItsCode(t *testing.T) {
	for _, promptFirst := range []bool{true, false} {
		i := newInterrupts()
		var prompt, code <-chan struct{}
		var endPrompt, endCode func()
		if promptFirst {
			prompt, endPrompt = i.wait()
		}
		code, endCode = i.waitBehind()
		if !promptFirst {
			prompt, endPrompt = i.wait()
		}
		i.deliver()
		if len(prompt) != 1 || len(code) != 0 {
			t.Errorf("prompt first %v: the prompt has %d interrupts, the code %d", promptFirst, len(prompt), len(code))
		}
		<-prompt
		endPrompt()
		i.deliver()
		if len(code) != 1 {
			t.Errorf("prompt first %v: the code has no interrupt when the prompt has gone", promptFirst)
		}
		endCode()
		i.close()
	}
}
