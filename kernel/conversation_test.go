package kernel_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

var update = flag.Bool("update", false, "write what the kernel says into the conversations")

// TestConversations has the conversations in testdata/conversations. A file
// begins with what it shows, in which "Language: NAME" names one of languages
// (default: script); then sections of the client and of the kernel
// alternate. A line of the client is
//
//	[!] CHANNEL TYPE CONTENT [re N | re prompt N | in SUBSHELL]
//
// where ! says that the protocol has no such message, N is the number of the client's message, or of the kernel's prompt, that
// becomes the parent, and an id that the kernel made is called ID1, ID2, ... in
// the order in which it said them; wait N lets N milliseconds pass, and subscribe
// PREFIX connects one more subscriber. A line of the kernel is
//
//	N CHANNEL TYPE CONTENT
//
// where CHANNEL is subscriber for what only those hear, and N is the number of the client's message that it answers, 0 for none. The
// lines of the kernel are all that it says until it has nothing more to say, in
// the order of N: only what answers the same message has an order of its own.
func TestConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/conversations/*.txtar")
	must(t, err)
	if len(files) == 0 {
		t.Fatal("no conversations")
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			must(t, err)
			var got string
			synctest.Test(t, func(t *testing.T) { got = talk(t, string(text)) })
			if *update {
				must(t, os.WriteFile(file, []byte(got), 0o644))
			} else if got != string(text) {
				t.Errorf("the kernel said other things than %s has:\n%s", file, got)
			}
		})
	}
}

// A talk is a conversation that goes on.
type conversation struct {
	t       *testing.T
	c       *kerneltest.Client
	sent    []*jupyter.Message
	prompts []*jupyter.Message
	numbers map[string]int    // message id of the client to its number
	ids     map[string]string // id that the kernel made to what stands for it

	mu    sync.Mutex
	heard []*jupyter.Message // guarded by mu; by subscribers
}

// talk has the conversation in text and returns it with what the kernel said.
func talk(t *testing.T, text string) string {
	v := &conversation{
		t: t, c: kerneltest.Start(t, languageOf(text), nil),
		numbers: map[string]int{}, ids: map[string]string{},
	}
	var out strings.Builder
	section := ""
	for line := range strings.Lines(text) {
		switch trimmed := strings.TrimSpace(line); {
		case strings.HasPrefix(trimmed, "-- "):
			section = trimmed
			out.WriteString(line)
			if section == "-- kernel --" {
				v.listen(&out)
			}
		case section == "-- client --":
			out.WriteString(line)
			v.say(trimmed)
		case section == "":
			out.WriteString(line)
		}
	}
	return out.String()
}

// languageOf returns the language that a conversation is about.
func languageOf(text string) kernel.Language {
	_, name, ok := strings.Cut(text, "\nLanguage: ")
	if !ok {
		return newScript()
	}
	name, _, _ = strings.Cut(name, "\n")
	return languages[name]()
}

// say sends what a line of the client says.
func (v *conversation) say(line string) {
	v.t.Helper()
	if ms, ok := strings.CutPrefix(line, "wait "); ok {
		n, err := strconv.Atoi(ms)
		must(v.t, err)
		time.Sleep(time.Duration(n) * time.Millisecond)
		return
	}
	if prefix, ok := strings.CutPrefix(line, "subscribe "); ok {
		v.subscribe(prefix)
		return
	}
	for id, name := range v.ids {
		line = regexp.MustCompile(`\b`+name+`\b`).ReplaceAllString(line, id)
	}
	send := v.c.Send
	if rest, ok := strings.CutPrefix(line, "! "); ok {
		line, send = rest, v.c.SendUnchecked
	}
	line, subshell, _ := strings.Cut(line, " in ")
	line, re, hasParent := strings.Cut(line, " re ")
	words := strings.SplitN(line, " ", 3)
	if len(words) != 3 {
		v.t.Fatalf("%q is no CHANNEL TYPE CONTENT", line)
	}
	m := rawRequest(v.c, words[1], words[2])
	if hasParent {
		m.ParentHeader = v.parent(re)
	}
	m.Header.SubshellID = subshell
	v.sent = append(v.sent, m)
	v.numbers[m.Header.MsgID] = len(v.sent)
	for _, ch := range jupyter.Channels() {
		if ch.String() == words[0] {
			send(ch, m)
			return
		}
	}
	v.t.Fatalf("%q is no channel", words[0])
}

// subscribe connects one more subscriber.
func (v *conversation) subscribe(prefix string) {
	k := v.c.Kernel
	codec, err := jupyter.NewCodec("", k.Info.Key)
	must(v.t, err)
	line, err := k.Net.Dial(k.Info.Endpoint(jupyter.IOPub), jupyter.NewID(), func(frames [][]byte) {
		m, err := codec.Decode(frames)
		if err != nil {
			v.t.Error(err)
			return
		}
		v.mu.Lock()
		defer v.mu.Unlock()
		v.heard = append(v.heard, m)
	})
	must(v.t, err)
	v.t.Cleanup(func() { line.Close() })
	must(v.t, line.Subscribe(prefix))
}

// parent returns the header of what re names.
func (v *conversation) parent(re string) json.RawMessage {
	from := v.sent
	number, ok := strings.CutPrefix(re, "prompt ")
	if ok {
		from = v.prompts
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > len(from) {
		v.t.Fatalf("there is no message %q", re)
	}
	raw, err := from[n-1].HeaderJSON()
	must(v.t, err)
	return raw
}

var uuid = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// listen writes what the kernel says until it has nothing more to say.
func (v *conversation) listen(out *strings.Builder) {
	time.Sleep(10 * time.Second) // of fake time
	synctest.Wait()
	said := map[int][]string{} // by the number of the client's message
	note := func(where string, m *jupyter.Message) {
		parent, err := m.Parent()
		must(v.t, err)
		content := uuid.ReplaceAllStringFunc(string(m.Content), func(id string) string {
			if v.ids[id] == "" {
				v.ids[id] = fmt.Sprint("ID", len(v.ids)+1)
			}
			return v.ids[id]
		})
		n := v.numbers[parent.MsgID]
		said[n] = append(said[n], fmt.Sprintf("%d %s %s %s\n", n, where, m.Header.MsgType, content))
	}
	for v.c.Unread() > 0 {
		ch, m := v.c.NextAny()
		if m.Header.MsgType == jupyter.TypeInputRequest {
			v.prompts = append(v.prompts, m)
		}
		note(ch.String(), m)
	}
	v.mu.Lock()
	for _, m := range v.heard {
		note("subscriber", m)
	}
	v.heard = nil
	v.mu.Unlock()
	for _, n := range slices.Sorted(maps.Keys(said)) {
		for _, line := range said[n] {
			out.WriteString(line)
		}
	}
}
