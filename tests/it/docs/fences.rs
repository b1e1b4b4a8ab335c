//! The fenced texts of a page. No test is here.

/// A fenced text.
pub(super) struct Fence {
    /// Where its fence stands.
    pub(super) line: usize,
    /// The heading of the third level above it.
    pub(super) heading: String,
    /// What its fence says.
    pub(super) kind: String,
    pub(super) text: String,
}

/// All of a page, in order.
pub(super) fn fences(page: &str) -> Vec<Fence> {
    let mut fences = Vec::new();
    let mut heading = String::new();
    let mut lines = page.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if let Some(title) = line.strip_prefix("### ") {
            title.clone_into(&mut heading);
        } else if let Some(kind) = line.strip_prefix("```") {
            let body: Vec<&str> = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
            let text = body.join("\n") + "\n";
            fences.push(Fence { line: number + 1, heading: heading.clone(), kind: kind.to_owned(), text });
        }
    }
    fences
}
