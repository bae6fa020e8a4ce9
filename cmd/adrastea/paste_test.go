package main

import "testing"

func TestPasteFilter(t *testing.T) {
	for name, c := range map[string]struct {
		in   []string // the reads that it comes in
		want string
	}{
		"typed":             {[]string{"say one\r"}, "say one\r"},
		"pasted":            {[]string{"\x1b[200~a\nb\x1b[201~"}, "a␤b"},
		"all line ends":     {[]string{"\x1b[200~a\r\nb\rc\n\x1b[201~"}, "a␤b␤c"},
		"ends go":           {[]string{"\x1b[200~a\n\n\x1b[201~\r"}, "a\r"},
		"tab":               {[]string{"\x1b[200~a\tb\x1b[201~\t"}, "a␉b\t"},
		"commands go":       {[]string{"\x1b[200~a\x03\x04\x7f\x1b[Ab\x1b[201~"}, "a[Ab"},
		"in pieces":         {[]string{"x\x1b[2", "00~a\n", "b\x1b[201", "~y"}, "xa␤by"},
		"twice":             {[]string{"\x1b[200~a\x1b[201~\r\x1b[200~b\x1b[201~"}, "a\rb"},
		"escape alone":      {[]string{"\x1b", "b"}, "\x1bb"},
		"arrow in pieces":   {[]string{"\x1b[", "A"}, "\x1b[A"},
		"application mode":  {[]string{"\x1bOA\x1bOD"}, "\x1b[A\x1b[D"},
		"word by word":      {[]string{"\x1b[1;5D\x1b[1;3C"}, "\x1b[1;5D\x1b[1;5C"},
		"with Shift":        {[]string{"a\x1b[1;2Db\x1b[1;2H\x1b[3;5~"}, "a\x1b[Db\x1b[H\x1b[3~"},
		"unknown keys go":   {[]string{"a\x1b[1;2Pb\x1b[27;5;9~c\x1b[57441ud\x1b[<0;10;10Me"}, "abcde"},
		"unknown in pieces": {[]string{"a\x1b[57", "441", "ub"}, "ab"},
		"no end of a paste": {[]string{"\x1b[200~a", "b"}, ""},
		"wide":              {[]string{"\x1b[200~日本\x1b[201~"}, "日本"},
	} {
		var f pasteFilter
		got := ""
		for _, in := range c.in {
			got += string(f.feed([]byte(in), false))
		}
		if got != c.want {
			t.Errorf("%s: %q gives %q, want %q", name, c.in, got, c.want)
		}
	}
}

func FuzzPasteFilter(f *testing.F) {
	f.Add([]byte("a\x1b[200~b\n\x1b[201~c"), 3)
	f.Add([]byte("\x1b[200~\x1b[20"), 1)
	f.Fuzz(func(t *testing.T, in []byte, cut int) {
		// Where the reads end makes no difference.
		var whole, pieces pasteFilter
		want := string(whole.feed(in, false))
		cut = min(max(cut, 0), len(in))
		got := string(pieces.feed(in[:cut], cut < len(in))) + string(pieces.feed(in[cut:], false))
		if got != want && !containsAppKey(in) {
			t.Errorf("%q cut at %d gives %q, want %q", in, cut, got, want)
		}
	})
}

// containsAppKey reports whether a key in application mode may have been cut in
// two, which the terminal does not do.
func containsAppKey(in []byte) bool {
	for i := range len(in) - 1 {
		if in[i] == 0x1b && in[i+1] == 'O' {
			return true
		}
	}
	return false
}
