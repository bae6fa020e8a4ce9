Frames, handlers, restarts, bindings, and what is visible.

#--- width
options(width = 80)
#--- nframe
sys.nframe()
f <- function() sys.nframe(); f()
g <- function() f(); g()
lapply(1, function(i) sys.nframe())
#--- sys.function
f <- function(x) sys.function(); f(1)
sys.function()
#--- sys.call top
sys.call(); sys.call(0); sys.parent(); sys.parents(); sys.frames(); sys.frame(); sys.status()
sys.call(1)
#--- sys.call neg
f <- function() sys.call(-1); f()
g <- function() f(); g()
sys.call(-1)
#--- parent.frame
environmentName(parent.frame())
f <- function() parent.frame(); f()
f <- function() environmentName(parent.frame(10)); f()
identical(parent.frame(), globalenv()); identical(environment(), globalenv())
identical(sys.frame(0), .GlobalEnv)
parent.frame(-1)
#--- parent.frame in a print method
print.pf <- function(x, ...) { print(parent.frame()); print(sys.calls()); print(sys.nframe()) }
structure(1, class = "pf")
#--- format method from print
format.ff <- function(x, ...) { print(sys.calls()); "ff" }
print.ff <- function(x, ...) cat(format(x), "\n")
structure(1, class = "ff")
#--- S4 show frames
setClass("SF", representation(x = "numeric"))
setMethod("show", "SF", function(object) { print(sys.calls()); print(parent.frame()); cat(sys.nframe(), "\n") })
new("SF", x = 1)
#--- sys.calls in a handler
withCallingHandlers(warning("x"), warning = function(w) { print(sys.calls()); invokeRestart("muffleWarning") })
tryCatch(stop("a"), error = function(e) print(sys.calls()))
#--- calls in a calling error handler
f <- function() stop("deep")
withCallingHandlers(f(), error = function(e) print(length(sys.calls())))
#--- nframe in error option
options(error = quote({ print(sys.calls()); cat(sys.nframe(), "\n") }))
f()
#--- nframe in error option off
options(error = NULL)
#--- error option function
options(error = function() { print(sys.calls()); print(parent.frame()) })
f()
#--- error option function off
options(error = NULL)
#--- sys.on.exit
f <- function() { on.exit(cat("a\n")); on.exit(cat("b\n"), add = TRUE); print(sys.on.exit()); 1 }
f()
sys.on.exit()
#--- sys.on.exit with arguments
f <- function() { on.exit(cat("a\n")); on.exit(); print(sys.on.exit()); invisible() }
f()
#--- traceback in a handler
f <- function() g(); g <- function() stop("tb")
withCallingHandlers(f(), error = function(e) print(.traceback(1)))
#--- traceback x
traceback(); traceback(1)
#--- .traceback()
f <- function() stop("again"); f()
#--- .traceback() after
.traceback(); traceback(max.lines = 1)
#--- limitedLabels
f <- function() print(limitedLabels(sys.calls())); f()
#--- dump.frames frames
options(error = quote(dump.frames("dd")))
f <- function(x) { y <- x; g(y) }; g <- function(z) stop("z is ", z); f(3)
#--- dump.frames names
options(error = NULL)
names(dd); attr(dd, "error.message"); class(dd); ls(dd[[1]]); ls(dd[[2]])
#--- debugger
debugger(dd)
#< 1
#< y
#< ls()
#< c
#< 0
#--- rlang-like trace
trace_back <- function() { cs <- sys.calls(); ps <- sys.parents(); for (i in seq_along(cs)) cat(ps[i], deparse(cs[[i]])[1], "\n") }
h <- function() trace_back(); h()
#--- trace in lapply
invisible(lapply(1, function(i) trace_back()))
#--- trace in do.call
do.call("trace_back", list())
do.call(trace_back, list())
#--- trace in eval
eval(quote(trace_back())); evalq(trace_back(), new.env()); local(trace_back()); with(list(a = 1), trace_back())
#--- trace in Reduce and Map
invisible(Reduce(function(a, b) { trace_back(); b }, 1:2))
#--- trace in source
tf <- tempfile(); writeLines("trace_back()", tf); source(tf)
#--- trace in promise
f <- function(x) { force(x) }; f(trace_back())
#--- trace in active binding
makeActiveBinding("ab", function() trace_back(), globalenv()); ab; rm(ab)
#--- trace in finalizer
e <- new.env(); reg.finalizer(e, function(x) trace_back()); rm(e); invisible(gc())
#--- trace in task callback
invisible(addTaskCallback(function(...) { trace_back(); FALSE }))
#--- after it
1
#--- Recall
fib <- function(n) if (n <= 1) n else Recall(n - 1) + Recall(n - 2)
fib(10)
Recall()
#--- match.call and friends
f <- function(x, ...) { g(x, ...) }; g <- function(...) match.call(); f(1, b = 2)
f <- function(...) match.call(expand.dots = FALSE); f(1, a = 2)
match.arg("me", c("mean", "median")); match.arg(c("a", "b"))
#--- nargs, missing, dots
f <- function(x, y, ...) { cat(nargs(), missing(x), missing(y), ...length(), "\n"); ...names() }; f(1, , 3, z = 4)
f <- function(...) ..2; f(1)
#--- stopifnot frames
f <- function(x) { stopifnot("x must be positive" = x > 0, is.numeric(x)); x }; f(-1)
#--- stopifnot plain
f <- function(x) stopifnot(x > 0, all.equal(x, 1)); f(2)
#--- stopifnot top
stopifnot(1 == 2)
#--- invokeRestart abort in a function
f <- function() { on.exit(cat("exit\n")); invokeRestart("abort") }
f()
#--- computeRestarts
computeRestarts(); withRestarts(computeRestarts(), a = function() 1)
withCallingHandlers(warning("a"), warning = function(w) { print(computeRestarts(w)); print(computeRestarts(w)[[1]]) })
#--- isRestart print
str(computeRestarts()); computeRestarts()[[1]]
#--- simpleError at top
simpleError("E"); simpleCondition("C"); simpleWarning("W", quote(f(x))); simpleMessage("M\n")
#--- try invisible
x <- try(stop("oops"), silent = TRUE); x; cat(x); class(x); attr(x, "condition")
try(log(-1)); try(stop("with call")); print(try(stop("again"), silent = TRUE))
#--- try warn
try({ warning("w in try"); stop("e in try") })
#--- warnings after
warnings()
#--- tryCatch nesting mix
withCallingHandlers(tryCatch({ message("m1"); warning("w1"); cat("unreached\n") }, warning = function(w) { message("caught ", conditionMessage(w)); warning("w2") }, finally = cat("fin\n")), message = function(m) cat("[msg]", conditionMessage(m)))
#--- nested handlers order
withCallingHandlers(withCallingHandlers({ warning("A"); "val" }, warning = function(w) cat("inner\n")), warning = function(w) cat("outer\n"))
#--- handler resignal
tryCatch(withCallingHandlers(stop("A"), error = function(e) stop("B from A")), error = function(e) print(e))
#--- finally order
f <- function() { on.exit(cat("on.exit\n")); tryCatch({ cat("body\n"); return("ret") }, finally = cat("finally\n")); cat("never\n") }; f()
#--- warning to error
tryCatch(as.integer("x"), warning = function(w) print(conditionCall(w)))
f <- function() as.integer("z"); f()
#--- on.exit add orders
f <- function() { for (i in 1:3) { local({ j <- i; on.exit(cat("local", j, "\n")) }) }; on.exit(cat("one\n")); on.exit(cat("zero\n"), add = TRUE, after = FALSE); on.exit({ cat("two\n"); cat("three\n") }, add = TRUE); stop("err") }
f()
#--- on.exit sees value
f <- function() { x <- 1; on.exit(print(returnValue())); x + 1 }; f()
#--- on.exit warning
f <- function() { on.exit(warning("from on.exit")); invisible(3) }; f()
#--- signal own conditions
cond <- structure(class = c("custom", "condition"), list(message = "hello", call = quote(f(1))))
signalCondition(cond); withCallingHandlers({ signalCondition(cond); 10 }, custom = function(c) cat("seen\n")); cond; print(cond)
stop(cond)
#--- warning with own condition
warning(cond)
#--- message with own condition
message(cond)
#--- errorCondition print
errorCondition("EC", class = "x", data = 1); tryCatch(stop(errorCondition("EC", class = "x", data = 1)), x = function(e) e$data)
stop(errorCondition("EC", class = "x", call = quote(a + b)))
#--- globalCallingHandlers with a print
globalCallingHandlers(warning = function(w) { cat("[G]", conditionMessage(w), "\n"); invokeRestart("muffleWarning") })
warning("one"); f <- function() { warning("two"); 3 }; f()
globalCallingHandlers(NULL)
warning("three")
#--- global error handlers
globalCallingHandlers(error = function(e) cat("[E]", conditionMessage(e), "\n"))
stop("global one")
#--- global error handlers sys.calls
globalCallingHandlers(NULL)
globalCallingHandlers(error = function(e) print(sys.calls()))
f <- function() stop("x"); f()
#--- global error handlers off
invisible(globalCallingHandlers(NULL))
#--- global message handler
globalCallingHandlers(message = function(m) { cat("<", conditionMessage(m), ">", sep = ""); invokeRestart("muffleMessage") })
message("hello"); suppressMessages(message("none"))
invisible(globalCallingHandlers(NULL))
#--- allowInterrupts and suspendInterrupts
suspendInterrupts({ cat("x\n"); 5 }); allowInterrupts(invisible(6))
#--- environment of functions
environment(); environment(function() 1); f <- function() environment(); class(f()); environmentName(environment(sd)); environmentName(topenv(environment(sd)))
#--- delayedAssign
delayedAssign("x", { cat("evaluating\n"); 42 }); x; x; delayedAssign("y", stop("no value")); y
#--- delayedAssign again
y
#--- recursive promise
delayedAssign("z", z + 1); z
#--- active bindings
local({ n <- 0; makeActiveBinding("cnt", function(v) { if (missing(v)) { n <<- n + 1; n } else { cat("set to", v, "\n"); n <<- v } }, globalenv()) })
cnt; cnt; cnt <- 10; cnt; ls.str(pattern = "cnt"); rm(cnt)
#--- active binding error
makeActiveBinding("bad", function() stop("bad binding"), globalenv()); bad
#--- active binding gone
rm(bad)
#--- locked
e <- new.env(); assign("a", 1, e); lockBinding("a", e); e$a <- 2
#--- locked env
lockEnvironment(e); e$b <- 3
#--- const functions
T <- 0; T; rm(T); F
#--- replacement functions
`second<-` <- function(x, value) { cat("replacing\n"); x[2] <- value; x }
x <- 1:5; second(x) <- 10L; x; second(x[2:3]) <- 99L; x; names(x)[2] <- "b"; x
second(letters) <- "z"; letters[1:3]; rm(letters)
#--- replacement missing
nosuch(x) <- 3
#--- replacement of value
f <- function() 1; f() <- 3
#--- replacement invisible
(x[1] <- 5L); invisible(x[1] <- 6L); x[[1]] <- 7L; x$a <- 1
#--- super assignment
f <- function() { newvar <<- 5; newvar }; f(); newvar; 7 ->> gv; gv
#--- assign in conditions
if ((n <- 3) > 2) n; while ((n <- n - 1) > 0) print(n); n
#--- value of for while repeat
x <- for (i in 1:3) i; x; is.null(x); (for (i in 1) i); x <- while (FALSE) 1; x; x <- repeat break; x; i
#--- if no else
if (FALSE) 1; x <- if (FALSE) 1; x; (if (FALSE) 1); f <- function() if (FALSE) 1; f(); identity(if (FALSE) 1)
#--- switch values
switch("z", a = 1); switch("a", a = , b = "AB"); switch(3, 1, 2); (switch("z", a = 1)); switch("q", a = 1, "default"); switch("a", a = invisible(1))
#--- parens and braces
(invisible(3)); {invisible(3)}; { 4; invisible(5) }; ({invisible(6)}); invisible(7) + 0; !invisible(TRUE); c(invisible(1)); identity(invisible(8)); -invisible(1)
#--- pipes with invisible
5 |> invisible(); 5 |> invisible() |> identity(); c(1, 4) |> sqrt() |> sum(); f <- function(x) invisible(x); 3 |> f(); (3 |> f())
#--- functions that return invisibly
f <- function() return(invisible(1)); f(); g <- function() f(); g(); h <- function() { x <- f(); x }; h(); k <- function() (f()); k()
x <- c(a = 1); f <- function() x[["a"]] <- 3; f(); f <- function() x <<- 4; f(); y <- f(); y
#--- assign, library, set.seed
assign("q1", 3); suppressWarnings(5); suppressWarnings(invisible(5)); suppressMessages({ message("a"); 6 }); suppressMessages(invisible(6)); withVisible(invisible(3)); Sys.setenv(A_B = "1"); Sys.time() |> invisible(); set.seed(1)
try(invisible(3)); tryCatch(invisible(4), error = identity); withCallingHandlers(invisible(5)); eval(quote(invisible(6))); evalq(invisible(7)); local(invisible(8)); do.call("invisible", list(9)); do.call(invisible, list(9)); Recall |> invisible(); system.time(invisible(1))[[1]] >= 0
sapply(1:2, invisible); vapply(1, invisible, 1); Map(invisible, 1); Reduce(function(a, b) invisible(a + b), 1:3); Filter(isTRUE, list(TRUE)); mapply(function(a) invisible(a), 1:2); outer(1:2, 1:2); apply(diag(2), 1, invisible)
#--- visible by primitives
x <- 5; x; (x <- 6); x = 7; invisible(x); x[1]; `x`; "x"; `<-`(y, 5); `(`(y <- 6); `{`(y <- 7); NULL
#--- visible from S3 dispatch
foo <- function(x) UseMethod("foo"); foo.default <- function(x) invisible("default"); foo.bar <- function(x) NextMethod(); foo(1); foo(structure(1, class = "bar")); print(foo(1))
#--- visible print methods that return
print.vis <- function(x, ...) { cat("<vis>\n"); x }; structure(list(), class = "vis"); print(structure(list(), class = "vis")); x <- print(structure(list(), class = "vis")); x
#--- recursion print method
print.rec <- function(x, ...) { cat("rec:\n"); print(unclass(x)) }; structure(list(a = structure(1, class = "rec")), class = "rec")
