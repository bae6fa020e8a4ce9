"""Jupyter's own suite for kernels, with a sample for every test it has."""

import functools

import jupyter_kernel_test as suite
from jupyter_client.channels import ZMQSocketChannel

from kernels import KERNEL_NAME, LIMIT


class TestKernelSuite(suite.KernelTests):
    kernel_name = KERNEL_NAME

    @classmethod
    def setUpClass(cls):
        """The suite waits a tenth of a second for each message on IOPub once it has
        the reply: here it waits for longer, on a machine that is busy. And R has
        started: while it does nothing is completed."""
        super().setUpClass()
        for channel in (cls.kc.shell_channel, cls.kc.iopub_channel):
            channel.get_msg = functools.partial(patient, channel)
        cls.kc.execute_interactive("", silent=True, timeout=LIMIT)

    def flush_channels(self):
        """Until a request's reply and its idle are here: nothing comes after them."""
        asked = self.kc.kernel_info()
        while self.kc.get_shell_msg()["parent_header"].get("msg_id") != asked:
            pass
        states = []
        while states != ["busy", "idle"]:
            msg = self.kc.get_iopub_msg()
            if msg["parent_header"].get("msg_id") == asked:
                states.append(msg["content"]["execution_state"])
    language_name = "R"
    file_extension = ".R"

    code_hello_world = "print('hello, world')"
    code_stderr = "message('oh, no')"
    completion_samples = [
        {"text": "zip", "matches": {"zip"}},
        {"text": "seq_alo", "matches": {"seq_along"}},
        {"text": "stats::rnor", "matches": {"stats::rnorm"}},
        {"text": "read.table(stringsAsF", "matches": {"stringsAsFactors="}},
    ]
    complete_code_samples = ["1", "x <- 2", "f <- function(x) {\n  x\n}", "'a\nb'", "# comment", ""]
    incomplete_code_samples = ["f(", "x <- function() {", "'open", "1 +", "if (TRUE)"]
    invalid_code_samples = ["f) +", "a b", "1 1", "x <- )"]
    code_page_something = "?mean"
    code_generate_error = "stop('no')"
    code_execute_result = [
        {"code": "1 + 1", "result": "[1] 2"},
        {"code": "letters[1:3]", "result": '[1] "a" "b" "c"'},
        {"code": "data.frame(n = 1:2)", "mime": "text/html"},
    ]
    code_display_data = [{"code": "plot(1:3)", "mime": "image/png"}]
    code_history_pattern = "1 +*"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "mean"
    code_clear_output = "IRdisplay::clear_output()"


class TestIopubWelcome(suite.IopubWelcomeTests):
    kernel_name = KERNEL_NAME
    support_iopub_welcome = True


def patient(channel, timeout=None):
    return ZMQSocketChannel.get_msg(channel, timeout=LIMIT)

