Task callbacks, frames, child processes, the random number generator.

#--- width
options(width = 80)
#--- task callback
addTaskCallback(function(expr, value, ok, visible) { cat("callback:", deparse(expr), class(value), ok, visible, "\n"); FALSE }, name = "t")
#--- task callback ran
getTaskCallbackNames()
#--- task callback with expressions
id <- addTaskCallback(function(expr, value, ok, visible) { cat("[", deparse(expr), visible, "]\n"); TRUE })
x <- 1; x + 1
f <- function(a) { a }
removeTaskCallback(id)
#--- sys.call and frames
f <- function() { print(sys.call()); print(sys.nframe()); parent.frame() }
f()
sys.calls()
sys.nframe()
#--- sys.calls in a function
f <- function() sys.calls()
f()
#--- match.call
f <- function(x, ...) match.call()
f(1, y = 2)
#--- substitute and deparse
f <- function(x) deparse(substitute(x))
f(a + b)
substitute(x)
#--- Recall and local
local({ a <- 2; a * 3 })
(function(n) if (n < 2) 1 else n * Recall(n - 1))(5)
#--- interactive
interactive()
#--- eval of text
eval(parse(text = "1 + 1"))
eval(quote(invisible(3)))
evalq(x, globalenv())
#--- system
system("echo from child")
#--- system stderr
system("echo child error >&2")
#--- system status
system("exit 3")
x <- system("exit 4"); x
#--- system intern
system("printf 'a\\nb\\n'", intern = TRUE)
system2("echo", c("x", "y"))
system2("echo", "captured", stdout = TRUE)
#--- system failing
system("no-such-command-here 2>/dev/null")
#--- parallel
library(parallel)
unlist(mclapply(1:4, function(i) i^2, mc.cores = 2))
detach("package:parallel")
#--- print in a forked child
x <- parallel::mclapply(1:2, function(i) { cat("child\n"); i }, mc.cores = 1)
unlist(x)
#--- finalizer
e <- new.env(); reg.finalizer(e, function(x) cat("finalized\n"))
rm(e); invisible(gc())
#--- random numbers
set.seed(1); runif(2)
rnorm(1)
#--- random state is untouched
set.seed(42)
runif(1)
runif(1)
#--- str and summary
str(list(a = 1, b = "x"))
summary(c(1, 2, 3))
summary(data.frame(a = 1:3))
#--- lm
fit <- lm(mpg ~ wt, mtcars)
fit
summary(fit)
#--- table
table(c("a", "b", "a"))
#--- ls
rm(list = ls())
a1 <- 1; b1 <- 2
ls()
#--- search
search()
#--- loaded namespaces
sort(loadedNamespaces())
#--- txtProgressBar
pb <- txtProgressBar(max = 3, style = 3); for (i in 1:3) setTxtProgressBar(pb, i); close(pb)
#--- carriage return
cat("50%\r100%\n")
#--- ansi
cat("\033[31mred\033[0m\n")
#--- flush
cat("x"); flush(stdout()); flush.console(); cat("y\n")
#--- Sys.time class
class(Sys.time())
#--- gc visible
class(gc())
#--- memory of the last value
1:3
identical(.Last.value, 1:3)
#--- assign to .Last.value
.Last.value <- 5
rm(.Last.value)
#--- active binding
makeActiveBinding("now", function() { cat("active\n"); 42 }, globalenv())
now
rm(now)
#--- delayed
delayedAssign("lazy", { cat("forced\n"); 1 })
lazy
lazy
#--- library invisible
library(stats)
suppressPackageStartupMessages(library(tools))
detach("package:tools")
#--- Encoding in output
iconv("é", "UTF-8", "latin1")
enc2native("ü")
#--- bytes
charToRaw("é")
utf8ToInt("€")
#--- regmatches
regmatches("a1b22", gregexpr("[0-9]+", "a1b22"))
#--- object sizes
object.size(1:10)
#--- quit cancelled
quit("ask")
#< c
#--- callback many
addTaskCallback(function(...) { cat("A\n"); TRUE }, name = "A")
addTaskCallback(function(...) { cat("B\n"); FALSE }, name = "B")
1
invisible(2)
x <- 3
getTaskCallbackNames()
removeTaskCallback("A")
#--- callback after an invisible value
addTaskCallback(function(...) { cat("C\n"); FALSE })
invisible(7)
#--- callback after a print method
print.foo <- function(x, ...) cat("<foo>\n")
addTaskCallback(function(...) { cat("D\n"); FALSE })
structure(1, class = "foo")
#--- callback data frame
addTaskCallback(function(...) { cat("E\n"); FALSE })
data.frame(a = 1)
#--- callback data
addTaskCallback(function(expr, value, ok, visible, data) { cat(data, deparse(expr), "\n"); FALSE }, data = "mydata")
#--- callback with prompt
addTaskCallback(function(...) { a <- readline("cb? "); cat("got", a, "\n"); FALSE })
#< yes
#--- callback with prompt after value
addTaskCallback(function(...) { a <- readline("cb? "); FALSE }); 5
#< yes
4
#--- callback system
addTaskCallback(function(...) { system("echo child"); FALSE }); 5
#--- callback warning
addTaskCallback(function(...) { message("m"); cat("out\n"); FALSE }); 5
#--- lines of a function
f <- function(x) {

  "é 世界"

  x
}
getSrcLines(attr(attr(f, "srcref"), "srcfile"), 1, 6)
utils::getSrcref(f)
ls(attr(attr(f, "srcref"), "srcfile")); utils::getParseData(f); getOption("keep.parse.data")
utils::getSrcLocation(f, "line"); utils::getSrcLocation(f, "column"); getSrcFilename(f)
#--- places of two functions on a line
g <- function() 1; h <- function() { 2 }   # both
as.integer(attr(g, "srcref")); as.integer(attr(h, "srcref"))
#--- directories of R
Sys.getenv(c("R_SHARE_DIR", "R_INCLUDE_DIR", "R_DOC_DIR")); R.home("share"); R.home("include"); R.home("doc")
#--- the stack is checked
names(Cstack_info()); Cstack_info()[["size"]] > 1e6
#--- lines of a source
f <- function(x) x # end
attr(attr(f, "srcref"), "srcfile")$lines
g <- function(x) {
  x
}; attr(attr(g, "srcref"), "srcfile")$lines
attr(attr(function(y) y, "srcref"), "srcfile")$lines
