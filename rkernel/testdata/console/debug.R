browser(), debug(), trace(), recover(), traceback().

#--- width
options(width = 80)
#--- browser
f <- function() { x <- 7; browser(); x + 1 }
f()
#< x
#< x <- 9
#< c
#--- browser at top level
browser()
#< 1 + 1
#< c
#--- browser Q
f <- function() { browser(); cat("never\n") }
f()
#< Q
#--- error in browser
f <- function() { browser(); "end" }
f()
#< stop("inside")
#< c
#--- debug
f <- function(a) {
  b <- a + 1
  b * 2
}
debug(f)
f(3)
#< n
#< n
#< n
#--- undebug
undebug(f)
f(3)
#--- debugonce
g <- function() {
  1
}
debugonce(g); g()
#< c
#--- trace
trace("sum", quote(cat("traced\n")), print = FALSE)
sum(1, 2)
untrace("sum")
#--- tracing calls
trace(nchar)
nchar("abc")
untrace(nchar)
#--- recover
options(error = recover)
f <- function() stop("to recover")
f()
#< 0
#! R prints the error before the question; the cell ends with it again
#--- recover off
options(error = NULL)
#--- browser n
f <- function() {
  x <- 1
  browser()
  y <- 2
  x + y
}
f()
#< n
#< n
#< n
#--- browser s
g <- function(a) { a * 2 }
f <- function() { browser(); g(3) }
f()
#< s
#< s
#< s
#< n
#--- browser f
f <- function() { for (i in 1:3) { if (i == 2) browser(); cat(i, "\n") }; "end" }
f()
#< f
#--- browser where
f <- function() g()
g <- function() browser()
f()
#< where
#< c
#--- browser help
f <- function() browser()
f()
#< help
#< c
#--- browser Q with rest of the cell
f <- function() { browser(); cat("never\n") }
cat("before\n"); f()
#< Q
#--- browser cont
f <- function() { browser(); 1 }
f()
#< cont
#--- browser empty
f <- function() { browser(); 1 }
f()
#< 
#< 
#--- browser empty NLdisabled
options(browserNLdisabled = TRUE)
f <- function() { browser(); 1 }
f()
#< 
#< c
options(browserNLdisabled = FALSE)
#--- browser text
f <- function() browser("some text")
f()
#< browserText()
#< c
#--- browser expr
f <- function(x) { browser(expr = x > 1); x }
f(1)
f(2)
#< c
#--- browser syntax err
f <- function() { browser(); 1 }
f()
#< x y
#< c
#--- browser multi-line
f <- function() { browser(); 1 }
f()
#< sum(1,
#< 2)
#< c
#--- browser assign
f <- function() { x <- 1; browser(); x }
f()
#< x <- 99
#< c
#--- browser print
f <- function() { x <- 1:3; browser(); x }
f()
#< print(x)
#< x
#< invisible(x)
#< ls()
#< ls.str()
#< c
#--- browser warning
f <- function() { browser(); 1 }
f()
#< warning("inside browser")
#< as.integer("x")
#< c
#--- browser nested
g <- function() { browser(); "g" }
f <- function() { browser(); "f" }
f()
#< g()
#< c
#< c
#--- browser readline
f <- function() { browser(); 1 }
f()
#< a <- readline("inner? ")
#< answer
#< a
#< c
#--- browser error then locals
f <- function() { x <- 42; browser(); x }
f()
#< stop("e1")
#< x
#< stop("e2")
#< x
#< Q
#--- browser then more expressions
f <- function() { browser(); "r" }
f(); cat("next\n")
#< c
3
#--- browser in middle of cell lines
f <- function() { browser(); "r" }
cat("one\n")
f()
#< c
cat("two\n")
f()
#< c
"three"
#--- browser braces n
{ browser(); 1; 2 }
#< n
#< n
#< n
#--- after braces n: R is still in its debugger
{1}
#< c
#--- out of the debugger
{1}
#--- browser top n
browser()
#< n
#--- browser top
x <- 5; browser()
#< x
#< c
x
#--- evalq browser
evalq(browser(), new.env(parent = baseenv()))
#< 1 + 1
#< c
#--- local browser
local({ x <- 10; browser(); x })
#< x + 1
#< c
#--- debug next cell
f <- function(a) {
  b <- a + 1
  b * 2
}
debug(f)
f(1)
#< n
#< b
#< n
#< n
f(2)
#< c
undebug(f)
f(3)
#--- debug undebug err
undebug(f)
isdebugged(f)
#--- debugonce err
h <- function() {
  stop("in h")
}
debugonce(h)
h()
#< n
#< n
#--- debug print long
f <- function(x) {
  if (x) {
    y <- 1
  } else {
    y <- 2
  }
  for (i in 1:2) {
    y <- y + i
  }
  y
}
debugonce(f)
f(TRUE)
#< n
#< n
#< n
#< n
#< n
#< n
#< n
#--- debug no braces
f <- function(x) x^2
debugonce(f); f(4)
#< n
#--- debug s into
inner <- function(z) {
  z + 1
}
outer <- function(z) {
  inner(z) * 2
}
debugonce(outer); outer(1)
#< n
#< s
#< n
#< n
#--- trace expr
f <- function(x) { x + 1 }
trace(f, quote(cat("x is", x, "\n")))
f(2)
untrace(f)
#--- trace exit
trace(f, exit = quote(cat("leaving\n")), print = FALSE)
f(2)
untrace(f)
#--- trace at
f <- function(x) {
  y <- x
  y + 1
}
trace(f, quote(print(y)), at = 3)
f(2)
untrace(f)
#--- trace browser
trace(f, browser)
f(2)
#< x
#< c
untrace(f)
#--- tracingState
tracingState(FALSE); tracingState(TRUE)
#--- recover into two frames
#! R prints the error before the question; the cell ends with it again
options(error = recover)
f <- function(x) { y <- 2; g(y) }
g <- function(z) { w <- z * 2; stop("deep") }
f(1)
#< 1
#< y
#< c
#< 2
#< w
#< c
#< 0
#--- recover invalid sel
f(1)
#< 7
#< 0
#--- recover Q
f(1)
#< 1
#< Q
#--- dump.frames
options(error = quote(dump.frames("dumped")))
f(1)
#--- dumped
options(error = NULL)
names(dumped)
attr(dumped, "error.message")
#--- debugger
debugger(dumped)
#< 1
#< y
#< Q
#--- error fn
options(error = function() cat("custom handler\n"))
f(1)
#--- error fn with traceback
options(error = function() { traceback(2) })
f(1)
#--- error prompts
options(error = function() { a <- readline("what now? "); cat("ok", a, "\n") })
f(1)
#< go
#--- error menu
options(error = function() print(menu(c("a", "b"))))
f(1)
#< 2
#--- error quits browser
options(error = browser)
f(1)
#< c
#--- error expression
options(error = expression(cat("e1\n"), cat("e2\n")))
f(1)
#--- no error option
options(error = NULL)
#--- traceback
f(1)
#--- traceback n
traceback()
traceback(1)
traceback(max.lines = 1)
x <- traceback(0)
#--- traceback long
f <- function(n) if (n == 0) stop("bottom") else f(n - 1)
f(60)
#--- traceback long, all of it
length(.traceback())
#--- no traceback after ok
1
traceback()
#--- error option browser
#! R prints the error before the question; the cell ends with it again
options(error = browser)
f <- function(x) g(x); g <- function(y) stop("deep")
f(1)
#< c
#--- error in the browser of an error
f(1)
#< 1 + 1
#< y
#< Q
#--- error option quote(browser())
#! R prints the error before the question; the cell ends with it again
options(error = quote(browser()))
f(1)
#< c
#--- no error option again
options(error = NULL)
#--- text that looks like the debugger's
cat("Called from: x\n"); cat("debug at #1: y\n"); cat("debugging in: z\nexiting from: w\ndebug: v\n")
#--- such text inside a browser
f <- function() { browser(); cat("debug at #1: mine\n"); cat("Called from: me\n"); 5 }
f()
#< n
#< n
#< n
#< c
#--- such text of a print method
print.pre <- function(x, ...) cat("debug: x\nCalled from: y\n"); structure(1, class = "pre")
#--- a prompt behind a browser
f <- function() { browser(); readline("in function? ") }
f()
#< c
#< ok
