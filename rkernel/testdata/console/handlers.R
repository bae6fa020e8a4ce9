Conditions of every class; warnings by number and by option.

#--- width
options(width = 80)
#--- on.exit stop
f <- function() { on.exit(stop("exit")); stop("main") }
f()
#--- on.exit twice
f <- function() { on.exit(cat("1\n")); on.exit(cat("2\n"), add = TRUE); on.exit(cat("0\n"), add = TRUE, after = FALSE); invisible(4) }
f()
#--- on.exit return value
f <- function() { on.exit(return(5)); 4 }
f()
#--- on.exit at top level
on.exit(cat("top\n"))
#--- on.exit local
local({ on.exit(cat("bye\n")); 3 })
#--- error in finalizer
e <- new.env(); reg.finalizer(e, function(x) stop("final error")); rm(e); invisible(gc())
#--- warning in finalizer
e <- new.env(); reg.finalizer(e, function(x) warning("final warning")); rm(e); invisible(gc())
#--- print in finalizer
e <- new.env(); reg.finalizer(e, function(x) print("final print")); rm(e); invisible(gc())
#--- message in finalizer
e <- new.env(); reg.finalizer(e, function(x) message("final message")); rm(e); invisible(gc())
#--- error in task callback
addTaskCallback(function(...) stop("callback error"))
#--- after an error in a task callback
1
#--- warning in task callback
id <- addTaskCallback(function(...) { warning("callback warning"); FALSE })
#--- after a warning in a task callback
2
#--- callback returns nonlogical
id <- addTaskCallback(function(...) "x"); removeTaskCallback(id)
#--- callback many
addTaskCallback(function(...) { cat("A\n"); TRUE }, name = "A")
addTaskCallback(function(...) { cat("B\n"); FALSE }, name = "B")
1
invisible(2)
x <- 3
getTaskCallbackNames()
removeTaskCallback("A")
#--- callback data
addTaskCallback(function(expr, value, ok, visible, data) { cat(data, deparse(expr), "\n"); FALSE }, data = "mydata")
#--- callback manager
h <- taskCallbackManager()
h$add(function(expr, value, ok, visible) { cat("In handler", visible, "\n"); TRUE }, name = "simple")
no <- sum(1:10)
sqrt(9)
removeTaskCallback("R-taskCallbackManager")
#--- callback not run on error
addTaskCallback(function(...) { cat("cb\n"); TRUE }, name = "z")
{ removeTaskCallback("z"); stop("err") }
#--- callback with prompt
addTaskCallback(function(...) { a <- readline("cb? "); cat("got", a, "\n"); FALSE })
#< yes
#--- after a callback that asked
4
#--- .Last.value callback
addTaskCallback(function(...) { print(.Last.value); FALSE })
42
#--- signalCondition
withCallingHandlers(signalCondition(structure(class = c("my", "condition"), list(message = "m", call = NULL))), my = function(c) cat("caught\n"))
#--- message condition
message(structure(class = c("custom", "message", "condition"), list(message = "custom msg\n", call = NULL)))
tryCatch(message("a"), message = function(m) print(class(m)))
#--- warning condition
warning(structure(class = c("custom", "warning", "condition"), list(message = "custom warn", call = quote(f(x)))))
warning(warningCondition("typed", class = "tw"))
#--- rlang style
abort <- function(message, class = NULL, ...) { cnd <- structure(class = c(class, "rlang_error", "error", "condition"), list(message = message, call = NULL, trace = NULL, ...)); stop(cnd) }
abort("rlang-like", "my_class", data = 1)
#--- conditionMessage method
conditionMessage.fancy <- function(c) paste0("fancy: ", c$x)
stop(structure(class = c("fancy", "error", "condition"), list(message = "plain", call = NULL, x = "computed")))
#--- conditionMessage method multi line
conditionMessage.multi <- function(c) "first\n* bullet one\n* bullet two"
f <- function() stop(structure(class = c("multi", "error", "condition"), list(message = "plain", call = sys.call(-1))))
f()
#--- conditionCall
f <- function(...) stop(errorCondition("msg", call = quote(some_call(with, args))))
f()
#--- very long call
f <- function(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb) stop("short")
f(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa = 1 + 2 + 3, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb = "some text that is long")
#--- long message
stop(strrep("x", 5000))
#--- very long message
stop(strrep("long message ", 1000))
#--- unicode message
stop("größe 世界 🎉")
#--- latin1 message
x <- "fa\xE7ile"; Encoding(x) <- "latin1"; stop(x)
#--- invalid bytes message
stop("a\xffb")
#! bytes that are not UTF-8 are escaped as R prints them; plain R writes them raw
#--- percent message
stop("100% of %s %d %n")
#--- empty message
stop()
#--- empty string
stop("")
#--- newline end
stop("ends\n")
#--- message of several parts
stop("a", "b", 3, TRUE)
#--- stop in nested tryCatch
tryCatch({ tryCatch(stop("inner"), error = function(e) stop("outer")) }, error = function(e) cat("got", conditionMessage(e), "\n"))
#--- finally error
tryCatch(1, finally = stop("in finally"))
#--- error handler error
withCallingHandlers(stop("orig"), error = function(e) stop("in handler"))
#--- error exiting prints
withCallingHandlers(stop("orig"), error = function(e) cat("handler\n"))
#--- calling handler message
withCallingHandlers(message("hi"), message = function(m) cat("saw:", conditionMessage(m)))
#--- restarts
withRestarts({ cat("x\n"); invokeRestart("r", 1, 2) }, r = function(a, b) a + b)
computeRestarts()
#--- no such restart
invokeRestart("nope")
#--- tryInvokeRestart
tryInvokeRestart("nope")
#--- warning return
x <- warning("w"); x
#--- warning no call
warning("plain", call. = FALSE)
#--- immediate
f <- function() { warning("imm", immediate. = TRUE); cat("after\n") }
f()
#--- noBreaks
f <- function() warning("nb", noBreaks. = TRUE)
f()
#--- warning long call
f <- function(x) warning("careful")
f("a long argument value that makes the call long enough to be broken at the colon")
#--- multi-line warning
warning("line1\nline2")
#--- two with different
f <- function() { warning("short"); warning("line1\nline2"); warning(strrep("y", 100)) }
f()
#--- exactly ten
for (i in 1:10) warning("w", i)
#--- fifty
for (i in 1:50) warning("w", i)
#--- fifty one
for (i in 1:51) warning("w", i)
#--- summary warnings
summary(warnings())
#--- nwarnings
options(nwarnings = 60); for (i in 1:70) warning("w", i)
length(warnings())
options(nwarnings = 50)
#--- warn -1
options(warn = -1); warning("hidden"); options(warn = 0)
#--- warn 1 many
options(warn = 1)
for (i in 1:3) warning("w", i)
message("m")
as.integer("x")
f <- function() warning("in f")
f()
options(warn = 0)
#--- warn 2 conversion
options(warn = 2)
as.integer("x")
#--- warn reset
options(warn = 0)
#--- warning.length
options(warning.length = 100)
stop(strrep("x", 300))
#--- warning.length and a warning
warning(strrep("x", 300))
options(warning.length = 1000)
#--- warning.expression
options(warning.expression = quote(cat("WARN!\n")))
warning("w")
options(warning.expression = NULL)
#--- twelve warnings before an error
f <- function() { for (i in 1:12) warning("w", i); stop("then") }
f()
#--- sixty warnings before an error
f <- function() { for (i in 1:60) warning("w", i); stop("then") }
f()
#--- show.error.messages
options(show.error.messages = FALSE)
#--- hidden error at top level
stop("unseen")
#! the front end is told of an error, whatever R prints
#--- shown again
options(show.error.messages = TRUE)
#--- showWarnCalls
options(showWarnCalls = TRUE)
g <- function() warning("x"); f <- function() g(); f()
options(showWarnCalls = FALSE)
#--- showErrorCalls with a limit
options(showErrorCalls = TRUE, showNCalls = 40)
h <- function() stop("x"); g <- function() h(); f <- function() g()
f()
#--- showErrorCalls as it was
options(showErrorCalls = TRUE, showNCalls = 50)
#--- allowInterrupts
allowInterrupts(1); suspendInterrupts(2)
