//go:build linux || darwin

package rkernel

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/adrastea-kernel/adrastea/internal/testenv"
	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

// execute runs a cell that shows nothing.
func execute(c *kerneltest.Client, count int, code string) {
	r := c.Execute(code)
	c.ExpectStart(r, count)
	c.ExpectReplyStatus(r, "ok")
	c.ExpectIdle(r)
}

// sendComm sends a comm message with metadata and buffers.
func sendComm(t *testing.T, c *kerneltest.Client, content jupyter.Content, metadata string, buffers ...[]byte) *jupyter.Message {
	t.Helper()
	m, err := c.Session.New(nil, content)
	if err != nil {
		t.Fatal(err)
	}
	m.Metadata, m.Buffers = json.RawMessage(metadata), buffers
	c.Send(jupyter.Shell, m)
	c.ExpectBusy(m)
	return m
}

// expectComm expects a comm message of R with this content and these buffers.
func expectComm(t *testing.T, c *kerneltest.Client, parent *jupyter.Message, typ, content string, buffers ...string) *jupyter.Message {
	t.Helper()
	m := c.Expect(parent, jupyter.IOPub, typ)
	var got []string
	for _, b := range m.Buffers {
		got = append(got, string(b))
	}
	if string(m.Content) != content || !slices.Equal(got, buffers) {
		t.Errorf("%s %s with buffers %q, want %s with %q", typ, m.Content, got, content, buffers)
	}
	return m
}

// commInfo is the content of a comm_info_reply.
func commInfo(c *kerneltest.Client) string {
	r := c.Request(jupyter.Shell, &jupyter.CommInfoRequest{})
	c.ExpectBusy(r)
	m := c.ExpectReply(r)
	c.ExpectIdle(r)
	return string(m.Content)
}

func TestCommsOfTheFrontEndReachR(t *testing.T) {
	c := kerneltest.Start(t, New(nil), nil)
	execute(c, 1, `getOption("jupyter.comm_manager")()$register_target("echo", function(comm, data, buffers, metadata) {
  cat("opened by", metadata$version, "\n")
  comm$on_msg(function(data, buffers) {
    if (!is.null(data$fail)) stop(data$fail)
    if (!is.null(data$warn)) return(warning(data$warn))
    comm$send(list(got = data$x, class = class(data$x)), lapply(buffers, rev))
  })
  comm$on_close(function(data) cat("closed,", data$why, "\n"))
  comm$send(list(hello = data$name))
})`)
	open := sendComm(t, c, &jupyter.CommOpen{CommID: "1", TargetName: "echo", Data: json.RawMessage(`{"name":"é"}`)},
		`{"version":"2.1.0"}`)
	c.ExpectStream(open, "stdout", "opened by 2.1.0 \n")
	expectComm(t, c, open, jupyter.TypeCommMsg, `{"comm_id":"1","data":{"hello":"é"}}`)
	c.ExpectIdle(open)
	if got, want := commInfo(c), `{"status":"ok","comms":{"1":{"target_name":"echo"}}}`; got != want {
		t.Errorf("comm_info %s, want %s", got, want)
	}

	msg := sendComm(t, c, &jupyter.CommMsg{CommID: "1", Data: json.RawMessage(`{"x":[1,2,3]}`)}, `{}`,
		[]byte("a\x00b"), nil, []byte(strings.Repeat("\xff", 1<<20)))
	expectComm(t, c, msg, jupyter.TypeCommMsg, `{"comm_id":"1","data":{"got":[1,2,3],"class":"integer"}}`,
		"b\x00a", "", strings.Repeat("\xff", 1<<20))
	c.ExpectIdle(msg)

	msg = sendComm(t, c, &jupyter.CommMsg{CommID: "1", Data: json.RawMessage(`{"fail":"no"}`)}, `{}`)
	c.ExpectStream(msg, "stderr", "Error in a handler of comm target \"echo\": no\n")
	c.ExpectIdle(msg)

	msg = sendComm(t, c, &jupyter.CommMsg{CommID: "1", Data: json.RawMessage(`{"warn":"careful"}`)}, `{}`)
	c.ExpectStream(msg, "stderr", "Warning in a handler of comm target \"echo\": careful\n")
	c.ExpectIdle(msg)

	end := sendComm(t, c, &jupyter.CommClose{CommID: "1", Data: json.RawMessage(`{"why":"done"}`)}, `{}`)
	c.ExpectStream(end, "stdout", "closed, done \n")
	c.ExpectIdle(end)
	if got := commInfo(c); got != `{"status":"ok","comms":{}}` {
		t.Errorf("comm_info after the close: %s", got)
	}

	open = sendComm(t, c, &jupyter.CommOpen{CommID: "2", TargetName: "nobody"}, `{}`)
	expectComm(t, c, open, jupyter.TypeCommClose, `{"comm_id":"2","data":{}}`)
	c.ExpectIdle(open)
}

// R has one thread: nothing of the user's runs inside the user's code.
func TestCommsWaitForTheCell(t *testing.T) {
	c := kerneltest.Start(t, New(nil), nil)
	execute(c, 1, `getOption("jupyter.comm_manager")()$register_target("t", function(comm, ...) cat("opened,", x, "\n"))`)
	cell := c.Execute(`x <- readline("? ")`)
	c.ExpectStart(cell, 2)
	prompt := c.ExpectPrompt(cell, "? ")
	open := c.Request(jupyter.Shell, &jupyter.CommOpen{CommID: "1", TargetName: "t"})
	c.AwaitWaiting(1)
	c.Answer(prompt, "late")
	c.ExpectReplyStatus(cell, "ok")
	c.ExpectIdle(cell)
	c.ExpectBusy(open)
	c.ExpectStream(open, "stdout", "opened, late \n")
	c.ExpectIdle(open)
}

func TestCommsOfRReachTheFrontEnd(t *testing.T) {
	c := kerneltest.Start(t, New(nil), nil)
	r := c.Execute(`m <- getOption("jupyter.comm_manager")()
comm <- m$new_comm("jupyter.widget", "the-id")
value <- NULL
comm$on_msg(function(data) value <<- data$state$value)
comm$open(list(state = list(value = 0.1 + 0.2, on = TRUE, none = NULL, list = list())),
          metadata = list(version = "2.1.0"), buffers = list(as.raw(0:2)))
comm$send(list(method = "update"), as.raw(255))
stopifnot(comm$is_open(), isFALSE(comm$open()), m$is_comm_registered(comm), identical(names(m$comms()), "the-id"))`)
	c.ExpectStart(r, 1)
	open := expectComm(t, c, r, jupyter.TypeCommOpen, `{"comm_id":"the-id","target_name":"jupyter.widget","data":`+
		`{"state":{"value":0.30000000000000004,"on":true,"none":null,"list":[]}}}`, "\x00\x01\x02")
	if string(open.Metadata) != `{"version":"2.1.0"}` {
		t.Errorf("metadata %s", open.Metadata)
	}
	expectComm(t, c, r, jupyter.TypeCommMsg, `{"comm_id":"the-id","data":{"method":"update"}}`, "\xff")
	c.ExpectReplyStatus(r, "ok")
	c.ExpectIdle(r)

	msg := sendComm(t, c, &jupyter.CommMsg{CommID: "the-id", Data: json.RawMessage(
		`{"state":{"value":{"a":[1.5,null],"b":["x",null,"\u0000"],"c":[1,"x",[true]],"d":{},"e":[],"f":null,"g":-1e400,"h":3000000000}}}`)}, `{}`)
	c.ExpectIdle(msg)
	r = c.Execute("dput(value)\ncomm$close()\ncomm$send(list(a = 1))\ncomm$is_open()")
	c.ExpectStart(r, 2)
	c.ExpectStream(r, "stdout", `list(a = c(1.5, NA), b = c("x", NA, "�"), c = list(1L, "x", 
    TRUE), d = structure(list(), names = character(0)), e = list(), 
    f = NULL, g = -Inf, h = 3e+09)
`)
	expectComm(t, c, r, jupyter.TypeCommClose, `{"comm_id":"the-id","data":{}}`)
	c.ExpectResult(r, "[1] FALSE")
	c.ExpectReplyStatus(r, "ok")
	c.ExpectIdle(r)
}

// Packages written for IRkernel find the same functions where they look for them.
func TestCommsWorkAsInIRkernel(t *testing.T) {
	testenv.RPackage(t, "IRkernel")
	c := kerneltest.Start(t, New(nil), nil)
	r := c.Execute(`comm <- IRkernel::comm_manager()$new_comm("dc_project")
comm$open()
comm$send(list(a = "b"))
comm$close()
sub("-4...-[89ab]...-", "-", comm$id) != comm$id`)
	c.ExpectStart(r, 1)
	m := c.Expect(r, jupyter.IOPub, jupyter.TypeCommOpen)
	open, err := jupyter.Decode[jupyter.CommOpen](m)
	if err != nil || open.TargetName != "dc_project" || string(open.Data) != "{}" {
		t.Errorf("comm_open %s (%v)", m.Content, err)
	}
	expectComm(t, c, r, jupyter.TypeCommMsg, `{"comm_id":"`+open.CommID+`","data":{"a":"b"}}`)
	expectComm(t, c, r, jupyter.TypeCommClose, `{"comm_id":"`+open.CommID+`","data":{}}`)
	c.ExpectResult(r, "[1] TRUE")
	c.ExpectReplyStatus(r, "ok")
	c.ExpectIdle(r)
}

func TestWhatIsNoCommMessageIsAnErrorInTheCell(t *testing.T) {
	p := startR(t)
	runCell(t, p, `comm <- getOption("jupyter.comm_manager")()$new_comm("x"); m <- getOption("jupyter.comm_manager")()`)
	for code, want := range map[string]string{
		`comm$open(1)`:                        "a list with names, not numeric",
		`comm$open(list(1))`:                  "a list with names, not list",
		`comm$open(list(a = 1), buffers = 1)`: "a list of raw vectors",
		`comm$open(list(a = quote(x + y)))`:   "JSON has no form",
		`comm$on_msg("f")`:                    "a handler is a function",
		`m$new_comm(c("a", "b"))`:             "one string",
		`m$register_target("a", 1)`:           "a function",
	} {
		got := runCell(t, p, code)
		// The functions that say so are none of the user's.
		if last := got[len(got)-1]; !strings.HasPrefix(last, "error|") || !strings.Contains(last, want) || !strings.Contains(last, "|Error: ") {
			t.Errorf("%s: %q, want an error with %q", code, got, want)
		}
	}
}

// What the kernel cannot publish is an error in the cell, and not silence.
func TestWhatCannotBePublishedIsAnErrorInTheCell(t *testing.T) {
	c := kerneltest.Start(t, New(nil), nil)
	execute(c, 1, `bad <- structure("{bad", class = "json")
comm <- getOption("jupyter.comm_manager")()$new_comm("target")`)
	for i, test := range []struct{ code, want string }{
		{`comm$open(bad)`, "comm data: "},
		{`stopifnot(!comm$is_open()); getOption("jupyter.base_display_func")(list("text/plain" = "x"), bad)`, "the metadata of a display is a list with names, not {bad"},
	} {
		r := c.Execute(test.code)
		c.ExpectStart(r, i+2)
		m := c.Expect(r, jupyter.IOPub, jupyter.TypeError)
		if e, err := jupyter.Decode[jupyter.Error](m); err != nil || !strings.HasPrefix(e.EValue, test.want) {
			t.Errorf("%s: %s (%v), want %q", test.code, m.Content, err, test.want)
		}
		c.ExpectReplyStatus(r, "error")
		c.ExpectIdle(r)
	}
}

// However many parts there are, and however large they are together: they are
// sent, or the cell hears why not.
func TestManyAndLargeParts(t *testing.T) {
	p := startR(t)
	runCell(t, p, `comm <- getOption("jupyter.comm_manager")()$new_comm("target"); comm$open()`)
	if got := runCell(t, p, `comm$send(buffers = rep(list(raw(1)), 1e6)); 1`); !slices.Equal(got, []string{"result|[1] 1"}) {
		t.Errorf("a million parts: %.300q", got)
	}
	for _, size := range []int{1024, 4096} { // MiB; the second is more than 32 bits count
		got := runCell(t, p, fmt.Sprintf(`comm$send(buffers = rep(list(raw(2^20)), %d))`, size))
		const want = "error|simpleError|more than 1 GiB cannot be sent to the front end at once|"
		if len(got) != 1 || !strings.HasPrefix(got[0], want) {
			t.Errorf("%d MiB: %.300q", size, got)
		}
	}
	if got := runCell(t, p, "1"); !slices.Equal(got, []string{"result|[1] 1"}) {
		t.Errorf("afterwards: %q", got)
	}
}

// R would take an answer to a browser between cells for the beginning of the next one.
func TestABrowserInAHandlerLeavesTheNextCellAlone(t *testing.T) {
	c := kerneltest.Start(t, New(nil), nil)
	execute(c, 1, `getOption("jupyter.comm_manager")()$register_target("t", function(comm, ...) {
  tryCatch(readline("? "), error = function(e) cat(conditionMessage(e), ""))
  f <- function() browser()
  f()
})`)
	open := sendComm(t, c, &jupyter.CommOpen{CommID: "1", TargetName: "t"}, `{}`)
	c.ExpectStream(open, "stdout", "nobody can be asked: no cell is running Called from: f()\n")
	c.ExpectStream(open, "stderr", "browser: nobody can be asked now; continuing\n")
	c.ExpectIdle(open)
	cell := c.Execute("cat('mine')")
	c.ExpectStart(cell, 2)
	c.ExpectStream(cell, "stdout", "mine")
	c.ExpectReplyStatus(cell, "ok")
	c.ExpectIdle(cell)
}

func TestAHandlerOfACommIsInterrupted(t *testing.T) {
	c := kerneltest.Start(t, New(nil), nil)
	execute(c, 1, `getOption("jupyter.comm_manager")()$register_target("loop", function(comm) {
  cat("looping\n")
  while (TRUE) {}
})`)
	interruptHandler(t, c, "loop", "looping\n")
	execute(c, 2, `stopifnot(length(getOption("jupyter.comm_manager")()$comms()) == 0)`)
}

// interruptHandler opens a comm and interrupts the handler of its target, which
// says so when it runs.
func interruptHandler(t *testing.T, c *kerneltest.Client, target, runs string) {
	t.Helper()
	open := sendComm(t, c, &jupyter.CommOpen{CommID: "1", TargetName: target}, `{}`)
	c.ExpectStream(open, "stdout", runs)
	c.Interrupt()
	c.ExpectStream(open, "stderr", "Interrupted\n")
	expectComm(t, c, open, jupyter.TypeCommClose, `{"comm_id":"1","data":{}}`)
	c.ExpectIdle(open)
}

// An interrupt that comes just when a handler starts a child ends the child too.
func TestAHandlerOfACommIsInterruptedAsItStartsAChild(t *testing.T) {
	c := kerneltest.Start(t, New(nil), nil)
	execute(c, 1, `getOption("jupyter.comm_manager")()$register_target("child", function(comm) {
  cat("go\n")
  system("sleep 60; echo never")
})`)
	for range 10 {
		interruptHandler(t, c, "child", "go\n")
	}
}

func TestCommsEndWithR(t *testing.T) {
	c := kerneltest.Start(t, New(nil), nil)
	r := c.Execute(`getOption("jupyter.comm_manager")()$new_comm("x", "1")$open()`)
	c.ExpectStart(r, 1)
	expectComm(t, c, r, jupyter.TypeCommOpen, `{"comm_id":"1","target_name":"x","data":{}}`)
	c.ExpectReplyStatus(r, "ok")
	c.ExpectIdle(r)
	r = c.Execute("tools::pskill(Sys.getpid(), 9); Sys.sleep(60)")
	c.ExpectStart(r, 2)
	expectComm(t, c, r, jupyter.TypeCommClose, `{"comm_id":"1","data":{}}`)
	c.ExpectError(r, "RDied", "R ended unexpectedly: signal 9 (killed)")
	c.ExpectReplyStatus(r, "error")
	c.ExpectIdle(r)
	if got := commInfo(c); got != `{"status":"ok","comms":{}}` {
		t.Errorf("comm_info %s", got)
	}
}

func TestTokensOfJSON(t *testing.T) {
	for _, tt := range []struct{ json, want string }{
		{"", "o0"}, {"{}", "o0"}, {"[]", "a0"}, {"null", "n"}, {`"a"`, "sa"}, {"1", "i1"},
		{"-2147483648", "d-2147483648"}, {"2147483647", "i2147483647"}, {"1.0", "d1.0"}, {"true", "bTRUE"}, {"false", "bFALSE"},
		{"[1,2.5,null]", "d1,2.5,NA"}, {"[null,null]", "a2 n n"}, {"[true,null]", "bTRUE,NA"},
		{"[{},{}]", "a2 o0 o0"}, {"[[],[]]", "a2 a0 a0"},
		{`["a","n",null]`, "S3 sa sn n"}, {`["a",1]`, "a2 sa i1"}, {"[[1,2],[3]]", "a2 i1,2 i3"},
		{`[{"a":1}]`, "a1 o1 sa i1"}, {`{"a":[],"b":{"c":"d"}}`, "o2 sa sb a0 o1 sc sd"},
	} {
		got, err := appendTokens(nil, json.RawMessage(tt.json))
		if err != nil || strings.Join(got, " ") != tt.want {
			t.Errorf("appendTokens(%s) = %q, %v, want %q", tt.json, got, err, tt.want)
		}
	}
	for _, bad := range []string{"[", `{"a"`, "[1,", "nope"} {
		if got, err := appendTokens(nil, json.RawMessage(bad)); err == nil {
			t.Errorf("appendTokens(%s) = %q, want an error", bad, got)
		}
	}
}
