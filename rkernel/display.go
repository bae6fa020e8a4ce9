package rkernel

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// An event's parts come from R code, which users can reach: what is wrong with
// them is an error that says so, never a panic.

var errOddBundle = errors.New("a display is pairs of a MIME type and data")

// displayEvent publishes a display: mode ("new" or "update"), display id,
// metadata as JSON, then pairs of MIME type and data.
func displayEvent(out output, parts [][]byte) error {
	if len(parts) < 3 {
		return errors.New("a display has no mode, id or metadata")
	}
	data, err := bundleData(parts[3:])
	if err != nil {
		return err
	}
	metadata, err := bundleMetadata(parts[2])
	if err != nil {
		return err
	}
	switch mode := string(parts[0]); mode {
	case "new":
		return out.Display(data, metadata, string(parts[1]))
	case "update":
		return out.UpdateDisplay(data, metadata, string(parts[1]))
	default:
		return fmt.Errorf("unknown display mode %q", mode)
	}
}

// clearEvent publishes clear_output; its only part says whether to wait for
// the next output.
func clearEvent(out output, parts [][]byte) error {
	return out.ClearOutput(len(parts) > 0 && string(parts[0]) == "TRUE")
}

// pagePayload makes the payload of an execute_reply that asks the front end to
// show a page: start line, then pairs of MIME type and data.
func pagePayload(parts [][]byte) (map[string]any, error) {
	if len(parts) < 1 {
		return nil, errors.New("a page has no start line")
	}
	start, err := strconv.Atoi(string(parts[0]))
	if err != nil {
		return nil, fmt.Errorf("page: bad start line: %v", err)
	}
	data, err := bundleData(parts[1:])
	if err != nil {
		return nil, err
	}
	// https://jupyter-client.readthedocs.io/en/stable/messaging.html#payloads-deprecated
	return map[string]any{"source": "page", "data": data, "start": start}, nil
}

// addPage adds a page to the payloads of a reply, which are pages. Front ends show one
// page of a reply, so several become one.
func addPage(payloads []map[string]any, page map[string]any) []map[string]any {
	if len(payloads) == 0 {
		return append(payloads, page)
	}
	old, data := payloads[0]["data"].(jupyter.MIMEBundle), page["data"].(jupyter.MIMEBundle)
	html := joinPages("\n<hr/>\n", pageHTML(old), pageHTML(data))
	old["text/plain"] = joinPages("\n\n", old["text/plain"], data["text/plain"])
	old["text/html"] = html
	return payloads
}

func joinPages(between string, a, b any) string {
	first, _ := a.(string)
	second, _ := b.(string)
	return first + between + second
}

// pageHTML returns a page as HTML, also if it has no such form.
func pageHTML(data jupyter.MIMEBundle) string {
	if s, ok := data["text/html"].(string); ok {
		return s
	}
	text, _ := data["text/plain"].(string)
	return "<pre>" + html.EscapeString(text) + "</pre>"
}

// bundle reads the rich forms of a result: pairs of MIME type and data, and
// the metadata as JSON at the end.
func bundle(parts [][]byte) (jupyter.MIMEBundle, map[string]any, error) {
	if len(parts) == 0 {
		return jupyter.MIMEBundle{}, map[string]any{}, nil
	}
	last := len(parts) - 1
	data, err := bundleData(parts[:last])
	if err != nil {
		return nil, nil, err
	}
	metadata, err := bundleMetadata(parts[last])
	return data, metadata, err
}

func bundleData(parts [][]byte) (jupyter.MIMEBundle, error) {
	if len(parts)%2 != 0 {
		return nil, errOddBundle
	}
	data := make(jupyter.MIMEBundle, len(parts)/2)
	for i := 0; i < len(parts); i += 2 {
		mime := string(parts[i])
		if !strings.Contains(mime, "/") || !utf8.ValidString(mime) {
			return nil, fmt.Errorf("%q is not a MIME type", mime)
		}
		data[mime] = mimeValue(mime, parts[i+1])
	}
	return data, nil
}

func bundleMetadata(part []byte) (map[string]any, error) {
	metadata := map[string]any{}
	if err := json.Unmarshal(part, &metadata); err != nil {
		return nil, fmt.Errorf("the metadata of a display is a list with names, not %.60s", part)
	}
	if metadata == nil { // null
		metadata = map[string]any{}
	}
	return metadata, nil
}

// mimeValue gives data the form its MIME type has in a message: JSON types the
// value itself, text a string, the rest padded base64.
//
// https://jupyter-client.readthedocs.io/en/stable/messaging.html#display-data
func mimeValue(mime string, data []byte) any {
	kind, _, _ := strings.Cut(mime, ";")
	if kind == "application/json" || strings.HasSuffix(kind, "+json") {
		if json.Valid(data) {
			return json.RawMessage(data)
		}
		return strings.ToValidUTF8(string(data), "\ufffd")
	}
	binary := kind == "application/pdf" || kind == "application/octet-stream" ||
		strings.HasPrefix(kind, "image/") && kind != "image/svg+xml" ||
		strings.HasPrefix(kind, "audio/") || strings.HasPrefix(kind, "video/")
	if binary || !strings.HasPrefix(kind, "text/") && !utf8.Valid(data) {
		return base64.StdEncoding.EncodeToString(data)
	}
	return strings.ToValidUTF8(string(data), "\ufffd")
}
