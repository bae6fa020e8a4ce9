package zmtp

import (
	"testing"
	"unsafe"
)

// Long bodies begin in the middle of a page, new ones and those that are used
// again: elsewhere the operating system may take 16 times as long to copy them.
func TestLongBodiesBeginInPage(t *testing.T) {
	for size := minRecycled; size < 4<<20; size = size*5/4 + 1 {
		for range 3 {
			body := MakeBody(size)
			if at := uintptr(unsafe.Pointer(unsafe.SliceData(body))) % pageSize; at != inPage {
				t.Fatalf("a body of %d octets begins at octet %d of its page, want %d", size, at, inPage)
			}
			if len(body) != 0 || cap(body) != size {
				t.Fatalf("a body of %d octets has length %d and capacity %d", size, len(body), cap(body))
			}
			Recycle(body)
		}
	}
}
