package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color/palette"
	"image/draw"
	"image/png"
	"io"
	"os"
	"strings"
)

// An imageProtocol is a way to show pictures in a terminal.
type imageProtocol int

const (
	noImages imageProtocol = iota
	kittyImages
	itermImages
	sixelImages
)

// detectImages says how the terminal shows pictures, from what the environment
// says about it. To ask the terminal itself would mean to read its answer out
// of what the user types, so a terminal that does not name itself gets none,
// and neither does one inside tmux or screen, which swallow pictures.
func detectImages(getenv func(string) string) imageProtocol {
	term, program := getenv("TERM"), getenv("TERM_PROGRAM")
	switch {
	case getenv("TMUX") != "", getenv("STY") != "",
		strings.HasPrefix(term, "screen"), strings.HasPrefix(term, "tmux"):
		return noImages
	case getenv("KITTY_WINDOW_ID") != "", term == "xterm-kitty", term == "xterm-ghostty",
		program == "ghostty":
		return kittyImages
	case program == "iTerm.app", program == "WezTerm", getenv("LC_TERMINAL") == "iTerm2":
		return itermImages
	case term == "foot", strings.HasPrefix(term, "foot-"), strings.HasPrefix(term, "mlterm"),
		strings.Contains(term, "sixel"):
		return sixelImages
	}
	return noImages
}

// writeInline shows the picture raw, a PNG, where the terminal can.
func writeInline(w io.Writer, raw []byte) {
	switch detectImages(os.Getenv) {
	case kittyImages:
		writeKitty(w, raw)
	case itermImages:
		fmt.Fprintf(w, "\x1b]1337;File=inline=1;size=%d:%s\a\n",
			len(raw), base64.StdEncoding.EncodeToString(raw))
	case sixelImages:
		if img, err := png.Decode(bytes.NewReader(raw)); err == nil {
			writeSixel(w, img)
		}
	}
}

// writeKitty writes a PNG in pieces of at most 4,096 characters.
//
// https://sw.kovidgoyal.net/kitty/graphics-protocol/#remote-client
func writeKitty(w io.Writer, raw []byte) {
	const piece = 4096
	text := base64.StdEncoding.EncodeToString(raw)
	for first := true; first || text != ""; first = false {
		n := min(piece, len(text))
		keys, more := "", 0
		if first {
			keys = "a=T,f=100,q=2,"
		}
		if n < len(text) {
			more = 1
		}
		fmt.Fprintf(w, "\x1b_G%sm=%d;%s\x1b\\", keys, more, text[:n])
		text = text[n:]
	}
	io.WriteString(w, "\n")
}

// writeSixel writes a picture as DEC's terminals take it: bands of six rows, in
// each of them one run of columns for each color.
//
// https://vt100.net/docs/vt3xx-gp/chapter14.html
func writeSixel(w io.Writer, img image.Image) {
	b := bufio.NewWriter(w)
	defer b.Flush()
	size := img.Bounds().Sub(img.Bounds().Min)
	paletted := image.NewPaletted(size, palette.Plan9)
	draw.Draw(paletted, size, image.White, image.Point{}, draw.Src) // under what is transparent
	flat := image.NewRGBA(size)
	draw.Draw(flat, size, image.White, image.Point{}, draw.Src)
	draw.Draw(flat, size, img, img.Bounds().Min, draw.Over)
	draw.FloydSteinberg.Draw(paletted, size, flat, image.Point{})
	fmt.Fprintf(b, "\x1bPq\"1;1;%d;%d", size.Dx(), size.Dy())
	for i, c := range palette.Plan9 {
		r, g, bl, _ := c.RGBA()
		fmt.Fprintf(b, "#%d;2;%d;%d;%d", i, r*100/0xffff, g*100/0xffff, bl*100/0xffff)
	}
	for y := 0; y < size.Dy(); y += 6 {
		writeSixelBand(b, paletted, y)
	}
	b.WriteString("\x1b\\\n")
}

func writeSixelBand(b *bufio.Writer, img *image.Paletted, y int) {
	width := img.Bounds().Dx()
	rows := min(6, img.Bounds().Dy()-y)
	columns := make(map[uint8][]byte) // color to the bits of each column
	for x := range width {
		for dy := range rows {
			c := img.ColorIndexAt(x, y+dy)
			if columns[c] == nil {
				columns[c] = make([]byte, width)
			}
			columns[c][x] |= 1 << dy
		}
	}
	for c := range 256 {
		bits := columns[uint8(c)]
		if bits == nil {
			continue
		}
		fmt.Fprintf(b, "#%d", c)
		for x := 0; x < width; {
			run := 1
			for x+run < width && bits[x+run] == bits[x] {
				run++
			}
			if run > 3 {
				fmt.Fprintf(b, "!%d%c", run, '?'+bits[x])
			} else {
				b.Write(bytes.Repeat([]byte{'?' + bits[x]}, run))
			}
			x += run
		}
		b.WriteByte('$') // back to the start of the band
	}
	b.WriteByte('-') // to the next band
}
