// Reads JSON, follows a redirect, uploads in chunks, and reads events with reqwest.
use futures_util::{stream, StreamExt};
use sha2::{Digest, Sha256};

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let url = std::env::var("URL")?;
    let key = std::env::var("KEY")?;
    let client = reqwest::Client::new();
    let get = |path: &str| client.get(format!("{url}{path}")).bearer_auth(&key).send();
    let user: serde_json::Value = get("/user").await?.json().await?;
    let moved: serde_json::Value = get("/moved").await?.json().await?;
    println!("{} {}", user["login"].as_str().unwrap_or(""), moved["login"].as_str().unwrap_or(""));

    let pieces = stream::iter((0..30).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 10_000])));
    let upload = client.put(format!("{url}/upload")).bearer_auth(&key).body(reqwest::Body::wrap_stream(pieces));
    let sum: String = Sha256::digest(vec![b'x'; 300_000]).iter().map(|byte| format!("{byte:02x}")).collect();
    println!("{}", upload.send().await?.text().await? == sum);

    let mut text = String::new();
    let mut events = get("/events").await?.bytes_stream();
    while let Some(part) = events.next().await {
        text.push_str(std::str::from_utf8(&part?)?);
    }
    println!("{}", text.lines().filter(|line| line.starts_with("data: ")).count());
    Ok(())
}
