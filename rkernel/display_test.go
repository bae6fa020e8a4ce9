package rkernel

import (
	"encoding/json"
	"strings"
	"testing"
)

func parts(s ...string) [][]byte {
	out := make([][]byte, len(s))
	for i, p := range s {
		out[i] = []byte(p)
	}
	return out
}

func TestDisplayDataHasTheFormItsMIMETypeHas(t *testing.T) {
	data, metadata, err := bundle(parts(
		"image/png", "\x89PNG\x00", "text/plain", "a\xffb", "application/json", `{"a":1}`,
		"application/vnd.x+json", "[1", "image/svg+xml", "<svg/>", "application/javascript", "1",
		"application/x-unknown", "\xff\xfe", "application/x-text", "abc", "application/x+json; v=1", "[1]",
		// Base64 also where the bytes happen to be text.
		"application/pdf", "abc", "application/octet-stream", "abc", "audio/wav", "abc", "video/mp4", "abc",
		"image/x; v=1", "abc", `{"image/png":{"width":3}}`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"application/javascript":"1","application/json":{"a":1},"application/octet-stream":"YWJj",` +
		`"application/pdf":"YWJj","application/vnd.x+json":"[1","application/x+json; v=1":[1],"application/x-text":"abc",` +
		`"application/x-unknown":"//4=","audio/wav":"YWJj","image/png":"iVBORwA=",` +
		`"image/svg+xml":"\u003csvg/\u003e","image/x; v=1":"YWJj","text/plain":"a` + "\ufffd" + `b","video/mp4":"YWJj"}`
	if string(got) != want {
		t.Errorf("bundle =\n%s, want\n%s", got, want)
	}
	if w := metadata["image/png"].(map[string]any)["width"]; w != 3.0 {
		t.Errorf("width = %v, want 3", w)
	}
}

func TestABadDisplayIsAnErrorThatSaysWhatIsWrong(t *testing.T) {
	tests := []struct {
		parts [][]byte
		want  string
	}{
		{parts("text/plain", "{}"), "pairs"},
		{parts("png", "x", "{}"), `"png" is not a MIME type`},
		{parts("text/plain", "x", "{"), "metadata"},
		{parts("text/plain", "x", "[]"), "metadata"},
	}
	for _, test := range tests {
		_, _, err := bundle(test.parts)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("bundle(%q): error %v, want one with %q", test.parts, err, test.want)
		}
	}
	if err := displayEvent(nil, parts("new", "")); err == nil {
		t.Error("displayEvent without metadata: no error")
	}
	if err := displayEvent(nil, parts("old", "", "{}")); err == nil || err.Error() != `unknown display mode "old"` {
		t.Errorf("displayEvent of no known mode: %v", err)
	}
	if _, metadata, err := bundle(parts("text/plain", "x", "null")); metadata == nil || err != nil {
		t.Errorf("metadata of null: %v, %v", metadata, err) // it would be null for a front end
	}
	if _, err := pagePayload(nil); err == nil {
		t.Error("pagePayload without parts: no error")
	}
	if _, err := pagePayload(parts("x", "text/plain", "y")); err == nil {
		t.Error("pagePayload with a bad start line: no error")
	}
}

func TestSeveralPagesAreOne(t *testing.T) {
	var payloads []map[string]any
	for _, p := range [][][]byte{
		parts("0", "text/plain", "a <"), parts("0", "text/plain", "b", "text/html", "<b>b</b>"),
	} {
		page, err := pagePayload(p)
		if err != nil {
			t.Fatal(err)
		}
		payloads = addPage(payloads, page)
	}
	got, _ := json.Marshal(payloads)
	const want = `[{"data":{"text/html":"\u003cpre\u003ea \u0026lt;\u003c/pre\u003e\n\u003chr/\u003e\n` +
		`\u003cb\u003eb\u003c/b\u003e","text/plain":"a \u003c\n\nb"},"source":"page","start":0}]`
	if string(got) != want {
		t.Errorf("payloads are\n%s, want\n%s", got, want)
	}
}

func TestAPageIsAPayload(t *testing.T) {
	page, err := pagePayload(parts("0", "text/plain", "help"))
	if err != nil {
		t.Fatal(err)
	}
	got, _ := json.Marshal(page)
	if want := `{"data":{"text/plain":"help"},"source":"page","start":0}`; string(got) != want {
		t.Errorf("pagePayload = %s, want %s", got, want)
	}
}
