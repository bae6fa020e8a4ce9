package rkernel

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// appendTokens appends the tokens of a JSON value to list. They are what R code
// makes values of: base R reads no JSON (comm_values in rscript/comm.R).
//
// The first letter of a token is its kind: "s" text; "i", "d" and "b" integers,
// doubles and logical values, one or more, with commas between; "S" and a number
// n, then n tokens that are text or "n"; "a" and n, then n values; "o" and n,
// then n names, then n values; "n" null. No JSON is an empty object.
func appendTokens(list []string, raw json.RawMessage) ([]string, error) {
	if len(raw) == 0 {
		return append(list, "o0"), nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	list, err := readValue(list, d)
	if err != nil {
		return nil, fmt.Errorf("rkernel: comm data: %w", err)
	}
	return list, nil
}

// readValue appends the tokens of the next value of d.
func readValue(list []string, d *json.Decoder) ([]string, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('['):
		return readArray(list, d)
	case json.Delim('{'):
		return readObject(list, d)
	}
	return append(list, scalar(t)), nil
}

// scalar is the token of a value that is no array and no object.
func scalar(t json.Token) string {
	switch t := t.(type) {
	case string:
		return "s" + rText(t)
	case json.Number:
		if isInteger(t) {
			return "i" + t.String()
		}
		return "d" + t.String()
	case bool:
		if t {
			return "bTRUE"
		}
		return "bFALSE"
	}
	return "n"
}

// rText is text that R can hold: it has no nul.
func rText(s string) string { return strings.ReplaceAll(s, "\x00", "\ufffd") }

// isInteger says that R has an integer for n.
func isInteger(n json.Number) bool {
	i, err := strconv.ParseInt(n.String(), 10, 32)
	return err == nil && i != -1<<31 // which is R's NA
}

// readArray appends the tokens of the array that d is in. Where all elements
// are of one kind, nulls among them, it is a vector.
func readArray(list []string, d *json.Decoder) ([]string, error) {
	start, n := len(list), 0
	flat := true
	kinds := map[byte]bool{}
	list = append(list, "")
	for ; d.More(); n++ {
		from := len(list)
		var err error
		if list, err = readValue(list, d); err != nil {
			return nil, err
		}
		first := list[from]
		flat = flat && len(list) == from+1 && first[0] != 'a' && first[0] != 'o' && !strings.Contains(first, ",")
		kinds[first[0]] = true
	}
	if _, err := d.Token(); err != nil { // the bracket
		return nil, err
	}
	delete(kinds, 'n')
	if kinds['d'] {
		delete(kinds, 'i')
	}
	list[start] = "a" + strconv.Itoa(n)
	if !flat || len(kinds) != 1 {
		return list, nil
	}
	if kinds['s'] {
		list[start] = "S" + strconv.Itoa(n)
		return list, nil
	}
	return append(list[:start], vector(list[start+1:], kinds)), nil
}

// vector is the token of a vector of numbers or logical values.
func vector(elements []string, kinds map[byte]bool) string {
	var b strings.Builder
	for _, kind := range []byte{'i', 'd', 'b'} {
		if kinds[kind] {
			b.WriteByte(kind)
		}
	}
	for i, e := range elements {
		if i > 0 {
			b.WriteByte(',')
		}
		if e == "n" {
			e = "nNA"
		}
		b.WriteString(e[1:])
	}
	return b.String()
}

// readObject appends the tokens of the object that d is in.
func readObject(list []string, d *json.Decoder) ([]string, error) {
	var names, values []string
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		names = append(names, scalar(name))
		if values, err = readValue(values, d); err != nil {
			return nil, err
		}
	}
	if _, err := d.Token(); err != nil { // the brace
		return nil, err
	}
	list = append(list, "o"+strconv.Itoa(len(names)))
	return append(append(list, names...), values...), nil
}
