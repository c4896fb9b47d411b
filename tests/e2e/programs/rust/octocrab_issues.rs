// Reads three pages of issues and writes a comment with octocrab.
type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let client = octocrab::Octocrab::builder()
        .base_uri(std::env::var("URL")?)?
        .personal_token(std::env::var("KEY")?)
        .build()?;
    println!("{}", client.current().user().await?.login);
    let issues = client.issues("acme", "project");
    let first = issues.list().send().await?;
    for issue in client.all_pages(first).await? {
        println!("{}", issue.title);
    }
    println!("{}", issues.create_comment(1, "Is the proxy there?").await?.body.unwrap_or_default());
    Ok(())
}
