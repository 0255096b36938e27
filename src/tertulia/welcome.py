"""What a newcomer reads when the demo starts: where it is, how to get in, and one question through each door."""

from tertulia.services.setup import Founded
from tertulia.settings import Settings

QUESTION = "How much notice must I give to end my membership?"
DATA_QUESTION = "Revenue by product category in 2025"


def greeting(settings: Settings, founded: Founded | None) -> str:
    """The address; and for a demo that was made just now its token and two snippets that work when pasted."""
    url = settings.base_url
    if founded is None or founded.admin_token is None:
        return f"\n  Tertulia is at {url}\n"
    return _GREETING.format(
        url=url,
        token=founded.admin_token,
        project=founded.project_id,
        agent=founded.agent_settings_id,
        question=QUESTION,
        data_agent=founded.data_agent_settings_id,
        data_question=DATA_QUESTION,
        client_id=founded.looker_client_id,
        client_secret=founded.looker_client_secret,
    )


_GREETING = """
  Tertulia is at  {url}/#token={token}

  The token, shown only now:  {token}

  Ask with curl:

    C=$(curl -s {url}/api/v1/projects/{project}/playground-conversations/ \\
      -H 'Authorization: Token {token}' -H 'Content-Type: application/json' \\
      -d '{{"agent_settings": "{agent}"}}' | python3 -c 'import json,sys; print(json.load(sys.stdin)["id"])'); \\
    curl -sN {url}/api/v1/projects/{project}/playground-conversations/$C/send_message_stream/ \\
      -H 'Authorization: Token {token}' -H 'Content-Type: application/json' \\
      -d '{{"message": "{question}"}}'

  Ask with crf-api-client (pip install crf-api-client):

    from crf_api_client.client import CRFAPIClient
    project = CRFAPIClient("{url}", "{token}").get_warehouse("{project}")
    agent = project.get_playground_agent("{agent}")
    print(agent.create_conversation_and_send_message("{question}")["answer"])

    figures = project.get_playground_agent("{data_agent}")
    print(figures.create_conversation_and_send_message("{data_question}")["answer"])

  Ask the same with looker-sdk (pip install looker-sdk):

    import os, looker_sdk
    from looker_sdk.sdk.api40.models import ConversationalAnalyticsChatRequest, WriteConversation
    os.environ |= {{"LOOKERSDK_BASE_URL": "{url}", "LOOKERSDK_CLIENT_ID": "{client_id}",
                   "LOOKERSDK_CLIENT_SECRET": "{client_secret}"}}
    sdk = looker_sdk.init40()
    talk = sdk.create_conversation(WriteConversation(name="Sales", agent_id="{data_agent}"))
    asked = ConversationalAnalyticsChatRequest(conversation_id=talk.id, user_message="{data_question}")
    print(sdk.conversational_analytics_chat(asked)[-1].systemMessage.text.parts[0])

  The shop's clock stands at 30 June 2026, where its data ends (TERTULIA_NOW moves it).
"""
