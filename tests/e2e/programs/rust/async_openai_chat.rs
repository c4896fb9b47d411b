// Asks a question with async-openai, streamed and whole.
use async_openai::types::chat::{
    ChatCompletionRequestUserMessage, CreateChatCompletionRequest, CreateChatCompletionRequestArgs,
};
use async_openai::Client;
use futures_util::StreamExt;

type Failure = Box<dyn std::error::Error>;

fn question() -> Result<CreateChatCompletionRequest, Failure> {
    let message = ChatCompletionRequestUserMessage::from("Is the proxy there?");
    Ok(CreateChatCompletionRequestArgs::default().model("m").messages([message.into()]).build()?)
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let client = Client::new();
    let mut stream = client.chat().create_stream(question()?).await?;
    let mut text = String::new();
    while let Some(part) = stream.next().await {
        text.push_str(part?.choices[0].delta.content.as_deref().unwrap_or(""));
    }
    println!("{text}");
    let whole = client.chat().create(question()?).await?;
    println!("{}", whole.choices[0].message.content.as_deref().unwrap_or(""));
    Ok(())
}
