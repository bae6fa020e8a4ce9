//go:build linux || darwin

package rkernel

import (
	"encoding/json"
	"testing"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

func TestQuartoSaysHowFiguresAre(t *testing.T) {
	c := kerneltest.Start(t, New(nil), nil)
	tests := []struct{ options, want string }{
		{`{"fig_width":5,"fig_height":3.5,"fig_format":"retina","fig_dpi":96,"eval":true,"params":null}`,
			"5 3.5 image/png 192 2"},
		{`{"fig_width":7,"fig_height":5,"fig_format":"svg","fig_dpi":300}`, "7 5 image/svg+xml 300 1"},
		{`{"fig_format":"png"}`, "7 5 image/png 300 1"},
		{`{"fig_format":"jpg"}`, "7 5 image/jpeg 300 1"},
		{`{"fig_format":"pdf"}`, "7 5 application/pdf 300 1"},
		{`{"fig_format":"jpeg"}`, "7 5 image/jpeg 300 1"},
		{`{"fig_width":null,"fig_height":"tall","fig_format":"tiff","fig_dpi":0}`, "7 5 image/jpeg 300 1"},
	}
	for i, test := range tests {
		open := sendComm(t, c, &jupyter.CommOpen{
			CommID: "quarto_comm", TargetName: "quarto_kernel_setup",
			Data: json.RawMessage(`{"options":` + test.options + `}`),
		}, `{}`)
		expectComm(t, c, open, jupyter.TypeCommClose, `{"comm_id":"quarto_comm","data":{}}`)
		c.ExpectIdle(open)

		r := c.Execute(`cat(unlist(options()[c("repr.plot.width", "repr.plot.height",
  "jupyter.plot_mimetypes", "repr.plot.res", "jupyter.plot_scale")]))`)
		c.ExpectStart(r, i+1)
		c.ExpectStream(r, "stdout", test.want)
		c.ExpectReplyStatus(r, "ok")
		c.ExpectIdle(r)
	}
}
